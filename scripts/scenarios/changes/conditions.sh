#!/usr/bin/env bash
# --if-match and --if-absent are about every copy; unmet they change nothing. --ack wants so many nodes.
. "$(dirname "$0")/../cluster.sh"
start_all server2 server3

digest_of() {
  concur stat "$1" --json
  node -p 'JSON.parse(require("fs").readFileSync("stdout", "utf8")).versions[0].digest'
}

concur write x 'one' --if-absent
expect_status 0
one=$(digest_of x)
concur write x 'two' --if-absent
expect_status 2
expect_errors_like 'ERROR PRECONDITION_FAILED x: *'
expect_everywhere x 'one' server1 server2 server3
concur write x 'two' --if-match "$one"
expect_status 0
concur write x 'three' --if-match "$one" --json
expect_status 2
expect_json 'ok === false && error.code === "PRECONDITION_FAILED"' '!("op" in scope)' \
  '/^x: [^:]* is not b3:/.test(error.message)'
expect_everywhere x 'two' server1 server2 server3
for change in "append x more" "mv x y" "rm x"; do
  # The words of a command.
  # shellcheck disable=SC2086
  concur $change --if-match "$one"
  expect_status 2
  expect_errors_like 'ERROR PRECONDITION_FAILED *'
done
expect_everywhere x 'two' server1 server2 server3
expect_nowhere y server1 server2 server3

# One copy that is another is enough.
two=$(digest_of x)
printf 'edited' >server3/x
concur append x 'more' --if-match "$two"
expect_status 2
expect_file server3/x 'edited'
expect_everywhere x 'two' server1 server2

crash server2
within 10 is_state server2 down
concur write z 'all' --ack all
expect_status 2
expect_errors_like 'ERROR UNREACHABLE z: *'
expect_nowhere z server1 server2 server3
concur write z 'quorum' --ack quorum
expect_status 0
expect_output_like 'write z  6 B  seq [0-9]*  copies 2 of 3 · behind: server2 (*)' 'undo: concur *'
crash server3
within 10 is_state server3 down
concur write z 'no quorum' --ack quorum
expect_status 2
expect_file server1/z 'quorum'
concur write z 'alone'
expect_status 0
expect_output_like 'write z  5 B  seq [0-9]*  copies 1 of 3 · behind: server2 (*), server3 (*)' 'undo: concur *'
concur write z 'alone' --strict
expect_status 2
