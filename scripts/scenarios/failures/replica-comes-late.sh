#!/usr/bin/env bash
# The coordinator starts without its replica, serves reads, and finds the replica by itself when that comes; also when
# it was restarted.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
stop server2
expect_status 0

start_coordinator server1
concur get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server1  (server2 *)  saved as file1.txt'
concur status
expect_status 0
expect_output_like 'server1 *coordinator *serving*' 'server2 *replica *down*' 'next: start server2: *'

start_replica server2
within 10 is_state server2 up
concur get file2.txt --strict
expect_status 1

crash server2
within 5 is_state server2 down
start_replica server2
within 10 is_state server2 up
concur get file3.txt --strict
expect_status 0
