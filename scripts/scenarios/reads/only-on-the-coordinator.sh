#!/usr/bin/env bash
# One server lacks the file: there is one content, so it is saved, and the server that lacks it is named.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1

concur get file3.txt
expect_status 0
expect_output 'SINGLE_FILE file3.txt  21 B  server1  (missing on server2)  saved as file3.txt'
expect_no_errors
expect_file here/file3.txt 'File only on Server1\n'

# Somebody who was asked and has nothing took part: --strict agrees.
concur get file3.txt --strict --json
expect_status 0
expect_json \
  'verdict === "SINGLE_FILE" && same(versions[0].nodes, ["server1"]) && versions[0].savedAs === "file3.txt"' \
  'same(missing, ["server2"]) && same(unreachable, []) && same(Object.keys(details), ["server2"])' \
  'typeof details.server2.reason === "string" && details.server2.behindOps === null'
