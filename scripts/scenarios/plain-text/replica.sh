#!/usr/bin/env bash
# A replica with --text answers plain-text reads of its own copy: the bare bytes, or FILE_NOT_FOUND. Without it, and
# from a coordinator with --no-text, one sentence says that there is none; the real client is served all the same.
. "$(dirname "$0")/../cluster.sh"
needs nc
sample_files
mkdir server2/folder
start_replica server2 --text
start_replica server3
start_coordinator server1 --no-text

for ending in '\n' '\r\n' ''; do
  ask_in_text server2 "file2.txt$ending"
  expect_bytes 'Hello from Server2\n'
done
for path in file3.txt folder ../server1/file3.txt .concur/node.json '' no/such/folder; do
  ask_in_text server2 "$path\n"
  expect_bytes 'FILE_NOT_FOUND'
done

for name in server1 server3; do
  ask_in_text $name 'file1.txt\n'
  expect_output_without_end 'ERROR|this server answers no plain text'
done
concur get file1.txt
expect_status 0
concur --server "${address_of[server3]}" get file1.txt
expect_status 0

# What begins as TLS is told so by an alert.
ask_in_text server2 '\x16\x03\x01\x00\x05'
expect_bytes '\x15\x03\x03\x00\x02\x02\x0a'
