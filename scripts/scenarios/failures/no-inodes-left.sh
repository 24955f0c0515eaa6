#!/usr/bin/env bash
# A disk has bytes and no inodes: it is as full as any other, on a replica and on the coordinator.
. "$(dirname "$0")/../cluster.sh"
small_disk server1 64m 400
small_disk server2 64m 400
start_all server2
concur write kept 'kept'
pid=${pid_of[server2]}

take_inodes server2
concur write a 'one'
expect_status 0
expect_output_like 'write a  3 B  seq [0-9]*  copies 1 of 2 · behind: server2 (NO_SPACE: no inodes are left)' 'undo: concur *'
head -c 300000 /dev/urandom >here/large
concur put large
expect_status 0
concur get kept --strict
expect_status 0
concur status --json
expect_json 'replicas[0].state === "catching-up" && replicas[0].reason === "NO_SPACE: no inodes are left"'
expect_nothing_staged server2
make_room server2
within 5 is_state server2 up
expect_same_trees server1 server2
expect_running server2 "$pid"

pid=${pid_of[server1]}
before=$(seq_of)
take_inodes server1
for change in 'write new text' 'put large elsewhere' 'mkdir folder'; do
  # The words of a command.
  # shellcheck disable=SC2086
  concur $change
  expect_status 2
  expect_errors_like 'ERROR NO_SPACE *no inodes are left on server1'
done
[ "$(seq_of)" -eq "$before" ] || fail "an operation: $(seq_of) after $before"
concur get kept --strict
expect_status 0
concur status --json
expect_json 'coordinator.state === "refusing-changes" && coordinator.reason.startsWith("NO_SPACE: no inodes are left")'
expect_nothing_staged server1 server2
make_room server1
concur write new 'text'
expect_status 0
expect_output_like 'write new  4 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
expect_same_trees server1 server2
expect_running server1 "$pid"
for name in server1 server2; do expect_log_in_json "$name"; done
