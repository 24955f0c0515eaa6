#!/usr/bin/env bash
# What was read once is believed as long as the file is the same, across restarts: checkedAt tells when its bytes were
# read. A file that has changed within the last 60 s is not believed yet, so this waits for that long. --deep reads all
# bytes now. An edit is seen at once, also one after which size and time are as they were.
. "$(dirname "$0")/../cluster.sh"
for node in server1 server2; do
  head -c 3000000 /dev/zero >$node/large
  printf 'small' >$node/small
done
made_at=$(now_ms)
start_replica server2
start_coordinator server1

# checked FILE [OPTION…]: when its bytes were read, by node.
checked() {
  concur get -o /dev/null --json "$@"
  [ "$status" -eq 0 ] || mismatch 'exit status 0'
  node -p 'JSON.stringify(JSON.parse(require("fs").readFileSync("stdout", "utf8")).versions[0].checkedAt)'
}

# is_later CHECKED CHECKED: the second, on both nodes.
is_later() {
  node -e '
    const [before, after] = process.argv.slice(1).map(text => JSON.parse(text))
    const nodes = Object.keys(before)
    process.exit(nodes.length === 2 && nodes.every(node => after[node] > before[node]) ? 0 : 1)' "$1" "$2"
}

for file in small large; do
  first=$(checked $file)
  is_later "$first" "$(checked $file)" || fail "a file that was just written is read again: $file"
done

while [ "$(now_ms)" -lt $((made_at + 61000)) ]; do sleep 0.5; done
declare -A believed=()
for file in small large; do believed[$file]=$(checked $file); done
stop server1
stop server2
start_replica server2
start_coordinator server1
for file in small large; do
  now=$(checked $file)
  [ "$now" = "${believed[$file]}" ] || fail "$file was read again after a restart: ${believed[$file]}, now $now"
done

for file in small large; do
  is_later "${believed[$file]}" "$(checked $file --deep)" || fail "--deep reads $file now"
done

touch -r server2/large time-before
printf 'x' | dd of=server2/large bs=1 seek=1500000 conv=notrunc status=none
touch -r time-before server2/large
concur stat large
expect_status 1
