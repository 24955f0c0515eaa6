#!/usr/bin/env bash
# The coordinator itself lacks the file: its bytes come from the replica, through the coordinator.
. "$(dirname "$0")/../cluster.sh"
printf 'File only on Server2\n' >server2/file5.txt
start_replica server2
start_coordinator server1

concur get file5.txt
expect_status 0
expect_output 'SINGLE_FILE file5.txt  21 B  server2  (missing on server1)  saved as file5.txt'
expect_no_errors
expect_file here/file5.txt 'File only on Server2\n'

concur ls
expect_status 0
expect_output '- file5.txt'
