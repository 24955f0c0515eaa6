#!/usr/bin/env bash
# history --prune shows what would go and asks; what goes is gone on every node. What is older than --history goes by
# itself, and with `forever` nothing does.
. "$(dirname "$0")/../cluster.sh"
start_replica server2
start_coordinator server1 --history forever
within 10 is_state server2 up
for text in one two three; do concur write docs/a.txt "$text"; done
concur write b.txt 'one'
concur rm b.txt
concur wait --timeout 10s
history_of() {
  find "$1/.concur/history" -type f | wc -l
}
concur history docs/a.txt
expect_output_like '*put *3 B *server1 = server2  stays' '*put *3 B *  stays' '*put *5 B *  now'

concur history --prune
expect_status 2
expect_errors_like 'ERROR USAGE: --prune asks at a terminal; elsewhere, and with --json, it needs --yes'
concur history --prune --older 1d --yes
expect_status 0
expect_output 'nothing that may go is in history'
[ "$(history_of server1)" -eq 3 ] || fail 'something was pruned'

concur history --prune docs --yes
expect_status 0
expect_output 'docs/a.txt  4 files  12 B  on server1, server2' 'pruned 4 files, 12 B'
for name in server1 server2; do
  [ "$(history_of "$name")" -eq 1 ] || fail "left on $name: $(find "$name/.concur/history")"
done
concur history --prune --yes --json
expect_json_lines 'same(lines, [{ path: "b.txt", files: 2, bytes: 6, left: 0, nodes: ["server1", "server2"] }])'
for name in server1 server2; do
  [ -z "$(ls "$name/.concur/history")" ] || fail "left on $name: $(find "$name/.concur/history")"
done
concur history docs/a.txt
expect_output_like '*put *5 B *server1 = server2  now'

concur write docs/a.txt 'four'
concur wait --timeout 10s
stop server1
start_coordinator server1 --history 5s
within 10 is_state server2 up
is_pruned() {
  [ "$(history_of "$1")" -eq 0 ]
}
within 30 is_pruned server1
within 30 is_pruned server2
for name in server1 server2; do
  within 5 grep -q '"objects":1,"bytes":5.*"msg":"history pruned"' "${log_of[$name]}"
done
concur history docs/a.txt
expect_output_like '*put *4 B *server1 = server2  now'
