#!/usr/bin/env bash
# The first command of the README: brings up both servers, shows the four reads, stays, and goes on Ctrl-C. With the
# ports taken it says so in one sentence.
set -eu
cd "$(dirname "$0")/../.."
out=$(mktemp)
second=$(mktemp)
started=
replica=
here=
trap 'kill ${started:+"$started"} ${replica:+"$replica"} 2>/dev/null || :; rm -rf "$out" "$second" ${here:+"$here"}' EXIT

node --import tsx scripts/start.ts >"$out" 2>&1 &
started=$!
for _ in $(seq 300); do
  grep -q 'Ctrl-C ends' "$out" && break
  kill -0 "$started" 2>/dev/null || break
  sleep 0.1
done
cat "$out"

expect() {
  grep -qE "$1" "$2" || {
    echo "expected: $1" >&2
    exit 1
  }
}
expect '^SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt$' "$out"
expect '^DIFFERENT_FILES file2.txt  2 versions  never replicated$' "$out"
expect '^SINGLE_FILE file3.txt  21 B  server1  \(missing on server2\)  saved as file3.txt$' "$out"
expect '^ERROR NOT_FOUND file4.txt: not on server1, not on server2$' "$out"

if node --import tsx scripts/start.ts >"$second" 2>&1; then
  echo 'a second start did not fail' >&2
  exit 1
fi
expect 'a port that no other program has taken' "$second"
[ "$(grep -c . "$second")" -eq 1 ]

# Who plays with it stops the replica: the coordinator goes on, and how to go on with both is said.
here=$(mktemp -d)
kill "$(pgrep -P "$started" -f dist/replica.js)"
for _ in $(seq 100); do
  grep -q 'has ended' "$out" && break
  sleep 0.1
done
expect '^The replica has ended' "$out"
client=$PWD/dist/client.cjs
(cd "$here" && node "$client" get file1.txt) >"$second" 2>&1
expect '^SINGLE_FILE file1.txt .*server2 could not be reached \(connection refused\)' "$second"
read -ra again < <(sed -n 's/^  \(node dist\/replica.js .*\)/\1/p' "$out")
"${again[@]}" 2>/dev/null &
replica=$!
for _ in $(seq 100); do
  (cd "$here" && node "$client" get file1.txt) >"$second" 2>&1
  grep -q 'server1 = server2' "$second" && break
  sleep 0.1
done
expect 'server1 = server2' "$second"
kill "$replica"
wait "$replica"
replica=

kill -INT "$started"
wait "$started"
started=
