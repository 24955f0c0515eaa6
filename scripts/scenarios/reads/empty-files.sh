#!/usr/bin/env bash
# An empty file exists: it is equal to another empty one, different from one that has a byte, and not a missing one.
. "$(dirname "$0")/../cluster.sh"
needs nc
touch server1/empty server2/empty server1/here-only server1/differs
printf 'x' >server2/differs
start_replica server2 --text
start_coordinator server1

concur get empty
expect_status 0
expect_output 'SINGLE_FILE empty  0 B  server1 = server2  saved as empty'
expect_file here/empty ''

concur get here-only --json
expect_status 0
expect_json \
  'versions[0].size === 0 && same(missing, ["server2"]) && versions[0].savedAs === "here-only"' \
  'versions[0].digest === "b3:e99284c67760849c14ab9cd6aa807c3451663c955ccd8821ff26947207c04c0f"'
expect_file here/here-only ''

concur get differs
expect_status 1
expect_file here/differs.server1 ''
expect_file here/differs.server2 'x'

concur cat empty
expect_status 0
expect_no_output

ask_in_text server1 'empty\n'
expect_bytes 'SINGLE_FILE|'
ask_in_text server1 'differs\n'
expect_bytes 'DIFFERENT_FILES|SERVER1||SERVER2|x'
ask_in_text server2 'empty\n'
expect_bytes ''
