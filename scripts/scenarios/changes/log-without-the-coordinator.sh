#!/usr/bin/env bash
# With the coordinator gone a replica tells from its own journal what it has settled; changes have to wait.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a.txt 'a' --client-id ann@laptop
first=$(seq_of)
concur mkdir folder
concur mv a.txt folder/
concur log --json
cp stdout by-the-coordinator
crash server1
CONCUR_SERVER=${address_of[server2]}

concur log
expect_status 0
expect_output_like '*put a.txt*1 B*by ann@laptop' '*mkdir folder*' '*rename a.txt → folder/a.txt*'
concur log --json
expect_status 0
expect_same_file stdout by-the-coordinator
concur log --since "$first" -n 1 --json
expect_json_lines 'lines.length === 1 && lines[0].type === "rename"'

concur status --json
expect_json 'coordinator.state === "down"' 'replicas.length === 1 && replicas[0].name === "server2"' \
  "replicas[0].appliedSeq >= $first && replicas[0].epoch >= 1"
concur write b.txt 'b'
expect_status 2
expect_no_output
expect_nowhere b.txt server1 server2
concur wait
expect_status 2

begin_concur log --follow --json
within 10 grep -q '"path":"folder/a.txt"' stdout
start_coordinator server1
write_through() {
  CONCUR_SERVER=${address_of[server1]} node "${file_of[client]}" write followed 'x' >/dev/null
}
within 10 write_through
within 10 grep -q '"path":"followed"' stdout
kill -INT "$client"
end_concur
expect_status 130
expect_json_lines 'same(lines.flatMap(({ path }) => path ?? []), ["a.txt", "folder", "folder/a.txt", "followed"])' \
  'lines.some(({ error }) => error?.code === "UNREACHABLE")'
