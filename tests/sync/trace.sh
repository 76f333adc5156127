#!/usr/bin/env bash
# Shows that a vote is synced before the rater is told that it is kept: the system calls of a server while one vote is given over
# SSH. Opt-in: it needs strace. Prints the sync and the send that follows it, or fails.
#
#   tests/sync/trace.sh [path to storyloom]
set -euo pipefail
program=${1:-target/release/storyloom}
home=$(mktemp -d)
cleanup() {
    kill "${server:-}" 2>/dev/null || true
    rm -rf "$home"
}
trap cleanup EXIT

for system in a b; do
    printf '{"sequence": "a-gift-for-ben", "text": "Told by %s."}\n' "$system" >"$home/$system.jsonl"
done
"$program" --home "$home" campaign new trace --gold 0 --practice 0 \
    --system a=@"$home/a.jsonl" --system b=@"$home/b.jsonl" >/dev/null
: >"$home/out"
"$program" --home "$home" serve trace --listen 127.0.0.1:0 >"$home/out" &
server=$!
until grep -q ' at ' "$home/out"; do sleep 0.1; done
address=$(sed -n 's/.* at \([0-9.:]*\),.*/\1/p' "$home/out" | head -1)

strace -f -y -tt -e trace=write,pwrite64,fsync,fdatasync,sendto -s 0 -o "$home/trace" -p "$server" 2>/dev/null &
tracer=$!
sleep 1
"$program" --home "$home" rater simulate trace --raters 1 --ssh "$address" >/dev/null
sleep 0.5
kill "$tracer" 2>/dev/null || true
wait "$tracer" 2>/dev/null || true

# What was written of the vote, the sync of the log that came after it and was over, and the first bytes to the rater after that.
awk '
    /pwrite64\(.*shelf\.db-wal>/ { written = $0; synced = "" }
    /f(data)?sync\(.*shelf\.db-wal>/ && written != "" { begun = $1; if (/= 0$/) synced = $0 }
    /<\.\.\. f(data)?sync resumed>.*= 0$/ && begun == $1 && written != "" { synced = $0 }
    /sendto\(.*(TCP|socket)/ && synced != "" { print written "\n" synced "\n" $0 "\n"; found++; written = ""; synced = "" }
    END { if (!found) { print "no sync was seen before what was sent"; exit 1 } }
' "$home/trace"
