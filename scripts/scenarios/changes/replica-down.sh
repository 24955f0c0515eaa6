#!/usr/bin/env bash
# With a replica down changes go on, and say who is behind; with the coordinator restarted nothing is lost.
. "$(dirname "$0")/../cluster.sh"
start_all server2 server3
concur write x 'one'
crash server3
within 10 is_state server3 down
concur write x 'two'
expect_status 0
expect_output_like 'write x  3 B  seq [0-9]*  copies 2 of 3 · behind: server3 (*)' 'undo: concur *'
concur write x 'two' --json
expect_json 'ok && same(applied, ["server1", "server2"]) && same(behind, ["server3"]) && same(copies, { have: 2, of: 3 })'
expect_everywhere x 'two' server1 server2
expect_file server3/x 'one'
concur get x
expect_status 0
expect_output_like 'SINGLE_FILE x  3 B  server1 = server2  (server3 *)  saved as x'

crash server1
start_coordinator server1
within 10 is_state server2 up
concur get x
expect_output_like 'SINGLE_FILE x  3 B  server1 = server2  (server3 *)  saved as x'
concur append x ' three'
expect_status 0
start_replica server3
concur wait
expect_status 0
expect_everywhere x 'two three' server1 server2 server3
concur get x --strict
expect_status 0
expect_output 'SINGLE_FILE x  9 B  server1 = server2 = server3  saved as x'
