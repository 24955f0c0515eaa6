#!/usr/bin/env bash
# A root has one server. A second one is refused with the first one's process id; when the first has ended, however it
# ended, the root is free.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_coordinator server1
first=${pid_of[server1]}

for program in coordinator replica; do
  try_server $program --root server1 --listen 127.0.0.1:0
  expect_one_sentence "$first"
done
ln -s server1 same-root
try_server replica --root same-root --listen 127.0.0.1:0
expect_one_sentence "$first"
concur get file1.txt
expect_status 0

crash server1
start_coordinator server1
stop server1
expect_status 0
start_coordinator server1
concur get file1.txt
expect_status 0
