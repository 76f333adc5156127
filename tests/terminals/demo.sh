#!/bin/sh
# The demo of the README: the studio in xterm with sixel under Xvfb, driven by keys and recorded as a GIF.
#   tests/terminals/demo.sh assets/demo.gif [COLUMNSxROWS]
# It needs Xvfb, xterm (built with sixel), xdotool and ImageMagick.
set -eu
out=${1:?the GIF to write}
size=${2:-118x36}
program=${STORYLOOM:-target/release/storyloom}
for tool in Xvfb xterm xdotool import convert; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done
work=$(mktemp -d)
export DISPLAY=":$((80 + $$ % 9))"
Xvfb "$DISPLAY" -screen 0 1300x900x24 >/dev/null 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
sleep 1
xterm -ti vt340 -geometry "$size" -fa Monospace -fs 10 -e "$program" --home "$work/home" &
sleep 5
window=$(xdotool search --class xterm | tail -1)
xdotool windowfocus "$window"
xdotool key Escape
sleep 1

# Four pictures a second until the keys are done.
(
    n=1000
    while [ ! -e "$work/over" ]; do
        import -window "$window" "$work/$n.png"
        n=$((n + 1))
        sleep 0.15
    done
) &
recorder=$!
press() { xdotool key --delay 60 "$1"; sleep "${2:-0.8}"; }
sleep 1
press Right; press Right; press Return 1.5
press space 5
press i 1.2
press Tab 0.8; press Tab 0.8; press j 0.8
press z 2.5
press z 0.6
press b 4
press v 1.2
press space 6
press Escape 1
touch "$work/over"
wait $recorder
convert -delay 28 -loop 0 "$work"/1*.png -resize 960x -layers OptimizeTransparency +dither -colors 128 "$out"
ls -l "$out"
