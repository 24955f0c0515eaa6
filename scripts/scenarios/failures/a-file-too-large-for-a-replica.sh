#!/usr/bin/env bash
# A file comes that one replica has no room for. It takes none of it, lets alone what others need, and is behind until its
# disk is larger; whatever comes meanwhile comes then too.
. "$(dirname "$0")/../cluster.sh"
small_disk server2 8m
start_all server2
concur write kept 'kept'
pid=${pid_of[server2]}
head -c 20000000 /dev/urandom >here/large

concur put large
expect_status 0
expect_output_like 'put large  19.1 MiB  seq [0-9]*  copies 1 of 2 · behind: server2 (NO_SPACE: *no space is left)' 'undo: concur *'
for number in $(seq 30); do
  concur write "many/$number" "text $number"
  expect_status 0
done

# It is asked to take the file again and again, and takes nothing: half of its disk stays free.
[ "$(stat --file-system --format %a server2)" -gt 1000 ] || fail "server2 has $(stat --file-system --format %a server2) blocks left"
expect_nothing_staged server2
concur get kept --strict
expect_status 0
concur status --json
expect_json 'replicas[0].state === "catching-up" && replicas[0].reason.startsWith("NO_SPACE")'
expect_running server2 "$pid"

resize_disk server2 64m
within 5 is_state server2 up
concur wait --timeout 10s
expect_status 0
expect_same_trees server1 server2
expect_nothing_staged server1 server2
expect_running server2 "$pid"
expect_log_in_json server2
