#!/usr/bin/env bash
# A coordinator without replicas: one copy, compared with nobody.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_coordinator server1

concur get file2.txt --strict
expect_status 0
expect_output 'SINGLE_FILE file2.txt  19 B  server1  saved as file2.txt'

concur get file4.txt
expect_status 2
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1'

concur status --json
expect_status 0
expect_json 'same(replicas, [])'
