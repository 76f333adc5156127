#!/bin/sh
# Raters in real terminals over SSH: xterm with sixel and with half blocks, each with OpenSSH's client, one PNG a screen. Not part of
# the tests: look at what it makes.
#   tests/terminals/rating.sh FOLDER [COLUMNSxROWS]
# It needs Xvfb, xterm (built with sixel), xdotool, ssh, ssh-keygen and ImageMagick's import. With KITTY (a command, such as kitty) a
# third rater comes in from kitty, with its graphics.
set -eu
out=${1:?a folder for the pictures}
size=${2:-120x40}
program=${STORYLOOM:-target/release/storyloom}
for tool in Xvfb xterm xdotool ssh ssh-keygen import; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done
mkdir -p "$out"
home=$(mktemp -d)
export DISPLAY=":$((80 + $$ % 9))"
Xvfb "$DISPLAY" -screen 0 1920x1200x24 >/dev/null 2>&1 &
screen=$!
trap 'kill $screen $server 2>/dev/null; rm -rf "$home"' EXIT

"$program" --home "$home" campaign new first a-gift-for-ben a-gift-for-finn --practice 0 --gold 0 >/dev/null
for who in ada bo cleo; do
    ssh-keygen -q -t ed25519 -N '' -f "$home/$who"
    "$program" --home "$home" rater add "$who" --key "$home/$who.pub" >/dev/null
done
"$program" --home "$home" serve first --listen 127.0.0.1:0 >"$home/serve" &
server=$!
until grep -qs 'ssh -p' "$home/serve"; do sleep 0.2; done
port=$(sed -n 's/.*ssh -p \([0-9]*\) .*/\1/p' "$home/serve")

comes() { # who, terminal
    echo "ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=$home/known -o LogLevel=ERROR -i $home/$1 -p $port $1@127.0.0.1"
}
focus() { sleep "${2:-4}"; xdotool windowfocus "$(xdotool search --class "${1:-xterm}" | tail -1)"; }
press() { xdotool key --delay 80 "$@"; sleep 1; }
shoot() { sleep "${2:-1}"; import -window root -trim "$out/$1.png"; echo "$out/$1.png"; }

rates() { # kind
    shoot "$1-guideline"
    press Return
    shoot "$1-sight" 2
    press 1 1 1
    shoot "$1-pair" 3
    press 2 h
    shoot "$1-said"
    press z
    shoot "$1-zoom" 2
    press z m l l
    shoot "$1-marking"
    press Escape question
    shoot "$1-help"
    press Escape q
}

for kind in sixel half; do
    case $kind in
        sixel) who=ada; terminal=vt340 ;;
        half) who=bo; terminal=vt220 ;;
    esac
    xterm -ti $terminal -geometry "$size" -fa Monospace -fs 9 -e "$(comes $who)" &
    window=$!
    focus
    rates $kind
    wait $window || true
done

[ -n "${KITTY:-}" ] || exit 0
export LIBGL_ALWAYS_SOFTWARE=1
$KITTY -o remember_window_size=no -o "initial_window_width=${size%x*}c" -o "initial_window_height=${size#*x}c" -o font_size=9 \
    -o confirm_os_window_close=0 sh -c "$(comes cleo)" >/dev/null 2>&1 &
window=$!
focus kitty 14
rates kitty
wait $window || true
