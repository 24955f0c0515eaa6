#!/usr/bin/env bash
# People edit the folders directly. The read after the edit sees it, even where size and time are as they were before:
# whoever puts the time back cannot put the rest of the file's identity back.
. "$(dirname "$0")/../cluster.sh"
head -c 3000000 /dev/zero | tee server1/large >server2/large
printf 'one' | tee server1/small >server2/small
touch -d '2 days ago' server?/*
start_replica server2
start_coordinator server1

edit() {
  printf 'two' >"$1/small"
  printf 'x' | dd of="$1/large" bs=1 seek=1500000 conv=notrunc status=none
  touch -d '2 days ago' "$1"/*
}

concur get small large
expect_status 0

edit server2
concur get small large
expect_status 1
expect_output_like 'DIFFERENT_FILES small *' '  server1 *' '  server2 *' 'settle it: *' \
  'DIFFERENT_FILES large *' '  server1 *' '  server2 *' 'settle it: *'

edit server1
concur get small large
expect_status 0
expect_file here/small 'two'
expect_same_file here/large server1/large

rm server1/small
concur get small
expect_status 0
expect_output_like 'SINGLE_FILE small  3 B  server2  (missing on server1) *'
