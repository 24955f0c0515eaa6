#!/usr/bin/env bash
# A replica's disk is full. It leaves the set with NO_SPACE, the others go on, and it goes on answering reads, in the same
# process. When there is space it comes back by itself and has what it missed.
. "$(dirname "$0")/../cluster.sh"
small_disk server2 64m
start_all server2 server3
concur write kept 'kept'
concur write gone 'gone'
pid=${pid_of[server2]}
fill_disk server2

concur write a 'one'
expect_status 0
expect_output_like 'write a  3 B  seq [0-9]*  copies 2 of 3 · behind: server2 (NO_SPACE: no space is left)' 'undo: concur *'
for number in $(seq 10); do
  concur write "many/$number" "text $number"
  expect_status 0
done
head -c 3000000 /dev/urandom >here/large
concur put large
expect_status 0
concur append a ' two'
expect_status 0
concur rm gone
expect_status 0

concur status
expect_status 0
expect_output_like 'server1 *coordinator *serving*' 'server2 *replica *catching-up * behind * NO_SPACE: no space is left' \
  'server3 *replica *up*' 'next: make room on the disk of server2*'
concur status --json
expect_json 'replicas[0].state === "catching-up" && replicas[0].reason.startsWith("NO_SPACE") && replicas[0].lagOps > 10'
concur get kept --strict
expect_status 0
expect_output 'SINGLE_FILE kept  4 B  server1 = server2 = server3  saved as kept'
concur --server "${address_of[server2]}" get kept --strict
expect_status 0
expect_nowhere many server2
expect_nothing_staged server2
expect_running server2 "$pid"

make_room server2
within 5 is_state server2 up
concur wait --timeout 10s
expect_status 0
concur write b 'three'
expect_status 0
expect_output_like 'write b  5 B  seq [0-9]*  copies 3 of 3' 'undo: concur *'
expect_same_trees server1 server2 server3
expect_nothing_staged server1 server2 server3
expect_running server2 "$pid"
expect_log_in_json server2
