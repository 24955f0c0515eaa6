#!/usr/bin/env bash
# Changes through a replica are the coordinator's: the same answers, the same order. With the coordinator gone they are
# refused at once.
. "$(dirname "$0")/../cluster.sh"
start_all server2
export CONCUR_SERVER=${address_of[server2]}

concur write x 'one' --client-id tester@here
expect_status 0
expect_output_like 'write x  3 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
expect_everywhere x 'one' server1 server2
concur append x ' two'
concur mv x y
concur mkdir folder
head -c 20000000 /dev/urandom >here/large
concur put large folder/
expect_status 0
expect_same_file here/large server1/folder/large
expect_same_file here/large server2/folder/large
concur rm nothing
expect_status 2
expect_errors_like 'ERROR NOT_FOUND nothing: *'
concur wait
expect_status 0
concur log --json
expect_json_lines 'same(lines.map(({ type }) => type), ["put", "append", "rename", "mkdir", "put"])' \
  'lines[0].client === "tester@here"'
expect_logged server1 '"client":"tester@here"'

crash server1
begun=$(now_ms)
concur write y 'alone'
expect_status 2
expect_errors_like 'ERROR UNREACHABLE y: *'
[ $(($(now_ms) - begun)) -lt 5000 ] || fail 'the refusal took too long'
expect_file server2/y 'one two'
concur wait
expect_status 2
expect_errors_like 'ERROR UNREACHABLE*'
concur log --json
expect_status 0
expect_json_lines 'lines.length === 5'
concur status
expect_status 0
expect_output_like 'server1 *coordinator *down*' 'server2 *replica*' 'next: start server1: concur-coordinator *'

start_coordinator server1
within 10 is_state server2 up
concur write y 'again'
expect_status 0
expect_everywhere y 'again' server1 server2
