#!/bin/sh
# The studio in a real terminal: xterm with sixel under Xvfb, alone and inside tmux, one PNG a screen. Not part of the tests:
# look at what it makes.
#   tests/terminals/shots.sh FOLDER [COLUMNSxROWS]
# It needs Xvfb, xterm (built with sixel), xdotool, tmux and ImageMagick's import. With KITTY (a command, such as kitty, that may
# begin with chroot or docker) the gallery and the reader in kitty too, alone and inside tmux; KITTY_PROGRAM is the studio there.
set -eu
out=${1:?a folder for the pictures}
size=${2:-140x46}
program=${STORYLOOM:-target/release/storyloom}
for tool in Xvfb xterm xdotool tmux import; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done
mkdir -p "$out"
home=$(mktemp -d)
export DISPLAY=":$((90 + $$ % 9))"
Xvfb "$DISPLAY" -screen 0 1920x1200x24 >/dev/null 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$home"' EXIT
sleep 1

# There is no window manager that would give a new window the keys.
focus() { sleep 6; xdotool windowfocus "$(xdotool search --class xterm | tail -1)"; }
press() { xdotool key --delay 80 "$@"; sleep 1; }
shoot() { sleep "${2:-1}"; import -window root -trim "$out/$1.png"; echo "$out/$1.png"; }

xterm -ti vt340 -geometry "$size" -fa Monospace -fs 9 -e "$program" --home "$home" &
focus
shoot first-time
press Escape
shoot gallery
press Return
shoot reader-empty 2
press space
shoot reader 6
press i Tab j
shoot inspector
press z
shoot heat 6
press Escape Escape Escape
press Return v
press space
shoot compare 6
press Escape H
shoot history
press Escape S
shoot sampling
press Escape a
shoot annotate 2
press Escape M
shoot models
press Escape L
shoot log
press Escape colon
xdotool type --delay 80 "insp"
shoot palette
press Escape Escape
press q
sleep 2

xterm -ti vt340 -geometry "$size" -fa Monospace -fs 9 -e tmux -L shots -f /dev/null new "$program" --home "$home" &
focus
press Return
shoot tmux-reader 3
tmux -L shots kill-server

[ -n "${KITTY:-}" ] || exit 0
inside=${KITTY_PROGRAM:-$program}
export LIBGL_ALWAYS_SOFTWARE=1
kitty() {
    $KITTY -o remember_window_size=no -o initial_window_width=1300 -o initial_window_height=800 \
        -o confirm_os_window_close=0 "$@" >/dev/null 2>&1 &
    sleep 14
}
kitty "$inside" --home "$home/kitty"
press Escape
shoot kitty-gallery 2
press Return
press space
shoot kitty-reader 6
press i
press z
shoot kitty-heat 6
press Escape Escape Escape
press q
sleep 2
# The command has the options of its own tmux: passthrough is off unless it is asked for.
kitty tmux -L shots -f /dev/null new "tmux set -g allow-passthrough on; $inside --home $home/kitty"
press Return
shoot kitty-tmux-reader 4
press Escape
press q
