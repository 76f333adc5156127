#!/bin/sh
# storyloom against a real llama.cpp server with a random-weight text model. Not part of the tests.
#   LLAMA_SERVER=path/to/llama-server tests/remote/llama.sh
# It needs llama-server (its source is in llama-cpp-python's source distribution, vendor/llama.cpp), Python with gguf and numpy, curl.
set -eu
server=${LLAMA_SERVER:-llama-server}
python=${PYTHON:-python3}
program=${STORYLOOM:-target/release/storyloom}
here=$(dirname "$0")
port=$((18000 + $$ % 1000))
work=$(mktemp -d)
trap 'kill $engine 2>/dev/null; rm -rf "$work"' EXIT

"$python" "$here/random_text_gguf.py" "$work/tiny.gguf"
"$server" -m "$work/tiny.gguf" --port $port -c 2048 -np 2 -t 2 --chat-template chatml --no-webui >"$work/engine.log" 2>&1 &
engine=$!
tries=0
until curl -sf "http://127.0.0.1:$port/health" >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { tail "$work/engine.log" >&2; exit 1; }
    sleep 0.2
done
loom() { "$program" --home "$work/home" "$@"; }
fail() { echo "FAILED: $1" >&2; exit 1; }

loom model add "openai:http://127.0.0.1:$port/v1" --name far >"$work/added"
cat "$work/added"
grep -q 'sees no pictures' "$work/added" || fail 'a text model was taken for one that sees'
loom tell a-gift-for-ben --model far --max-new-tokens 24 --json >"$work/told"
"$python" - "$work/told" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
story = lines[-1]["story"]
pieces = "".join(line["piece"]["text"] for line in lines if line["event"] == "piece")
assert story["text"] == pieces.strip() and story["finish"] == "length", story
assert story["timing"]["new_tokens"] == 24 and story["timing"]["prompt_tokens"] > 10, story["timing"]
print("told:", story["text"], "| first token", round(story["timing"]["first_token_ms"], 1), "ms")
PY
loom tell a-gift-for-ben --model far --max-new-tokens 8 --alternatives 3 --json >"$work/told"
"$python" - "$work/told" <<'PY'
import json, sys
pieces = [json.loads(line)["piece"] for line in open(sys.argv[1]) if '"piece"' in line and '"event":"piece"' in line]
assert pieces and all("log_prob" in piece and len(piece["alternatives"]) == 3 for piece in pieces), pieces
print("log-probabilities:", [round(piece["log_prob"], 2) for piece in pieces])
PY
loom tell a-gift-for-ben --model far --n 3 --temperature 1 --max-new-tokens 12 >"$work/several"
[ "$(grep -c '^—' "$work/several")" = 3 ] || fail 'three stories were asked for'
# A story that is stopped stops over there too: its slot is free again.
loom tell a-gift-for-ben --model far --temperature 1 --max-new-tokens 100000 >"$work/stopped" 2>&1 &
telling=$!
sleep 2
kill -INT $telling
wait $telling || true
sleep 1
curl -s "http://127.0.0.1:$port/slots" | "$python" -c 'import json, sys; s = json.load(sys.stdin); assert not any(x["is_processing"] for x in s), s; print("slots are free after a stop")'
if loom tell a-gift-for-ben --model far --task continuation --so-far "$(yes 'the fox ran home' | head -c 200)" --max-new-tokens 4 >/dev/null; then echo 'continuation: told'; else fail 'a continuation'; fi
kill $engine
wait $engine 2>/dev/null || true
sed -i 's/"retries": 4/"retries": 0/' "$work/home/models/far/remote.json"
if loom tell a-gift-for-ben --model far 2>"$work/gone"; then fail 'an engine that is gone told a story'; fi
grep -q 'cannot be reached' "$work/gone" || fail 'it does not say that nobody is there'
cat "$work/gone"
echo 'all of it worked'
