#!/usr/bin/env bash
# What is refused, and what breaks off in mid-upload, leaves no trace: no file, no operation, nothing staged.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write x 'x'
concur write folder/inside 'inside'
before=$(seq_of)

expect_refused() {
  local code=$1
  shift
  concur "$@"
  expect_status 2
  expect_no_output
  expect_errors_like "ERROR $code *"
}
expect_refused NOT_FOUND append nothing text
expect_refused NOT_FOUND mv nothing elsewhere
expect_refused NOT_FOUND rm nothing
expect_refused ALREADY_EXISTS mv x folder
expect_refused BAD_PATH mv folder folder/below
expect_refused IS_DIRECTORY rm folder
expect_refused IS_DIRECTORY write folder text
expect_refused NOT_DIRECTORY write x/below text
expect_refused BAD_PATH write ../x text
expect_refused BAD_PATH write .concur/x text
upload_is_there() {
  [ -n "$(find server1/.concur/staging server2/.concur/staging -type f 2>/dev/null)" ]
}
# Bytes that go ahead of what is refused then.
truncate -s 1M here/many
expect_refused IS_DIRECTORY put many folder
expect_refused NOT_DIRECTORY put many x/below
expect_refused PRECONDITION_FAILED put many x --if-absent
within 10 not upload_is_there
printf 'edited' >server2/x
expect_refused CONFLICT append x text
printf 'x' >server2/x

# A client that dies while its bytes come.
truncate -s 1G here/large
begin_concur put large
within 10 upload_is_there
kill -KILL "$client"
end_concur
within 10 not upload_is_there
within 10 is_state server2 up
[ "$(seq_of)" -eq "$before" ] || fail "an operation: $(seq_of) after $before"
for name in server1 server2; do expect_tree "$name" folder/ folder/inside x; done
