#!/usr/bin/env bash
# The coordinator's disk is full. What needs room is refused with NO_SPACE and leaves nothing behind on any node; reads go
# on, deletes work, also in the next process. When there is space changes are taken at once.
. "$(dirname "$0")/../cluster.sh"
small_disk server1 64m
start_all server2
for name in a b c; do concur write "$name" "text $name"; done
concur wait --timeout 10s
pid=${pid_of[server1]}
before=$(seq_of)
fill_disk server1

expect_no_space() {
  concur "$@"
  expect_status 2
  expect_no_output
  expect_errors_like 'ERROR NO_SPACE *no space is left on server1'
}
expect_full() {
  expect_no_space write new 'text'
  expect_no_space append a 'text'
  expect_no_space mv a d
  expect_no_space mkdir folder
  expect_no_space put large
  standard_input=here/large expect_no_space put - large
  [ "$(seq_of)" -eq "$1" ] || fail "an operation: $(seq_of) after $1"
  for name in server1 server2; do expect_nowhere new "$name"; done
  expect_nothing_staged server1 server2
  concur get b --strict
  expect_status 0
  expect_output 'SINGLE_FILE b  6 B  server1 = server2  saved as b'
  concur status
  expect_output_like 'server1 *coordinator *refusing-changes * NO_SPACE: no space is left, only deletes are taken' \
    'server2 *replica *up*' 'next: make room on the disk of server1*'
}
head -c 3000000 /dev/urandom >here/large
expect_full "$before"
concur rm a
expect_status 0
expect_output_like 'rm a  seq [0-9]*  copies 2 of 2' 'undo: concur *'
for name in server1 server2; do expect_nowhere a "$name"; done
expect_running server1 "$pid"
expect_log_in_json server1

stop server1
expect_status 0
start_coordinator server1
within 10 is_state server2 up
pid=${pid_of[server1]}
expect_no_space write new 'text'
concur get b --strict
expect_status 0
concur rm b
expect_status 0
expect_output_like 'rm b  seq [0-9]*  copies 2 of 2' 'undo: concur *'

make_room server1
is_written() {
  concur write new 'text'
  [ "$status" -eq 0 ]
}
within 5 is_written
concur put large
expect_status 0
expect_output_like 'put large * copies 2 of 2' 'undo: concur *'
concur status
expect_output_like 'server1 *coordinator *serving*' 'server2 *replica *up*'
expect_tree server1 c large new
expect_same_trees server1 server2
expect_nothing_staged server1 server2
expect_running server1 "$pid"
expect_log_in_json server1
