#!/usr/bin/env bash
# stat: the verdict without the bytes. Exit statuses are those of get.
. "$(dirname "$0")/../cluster.sh"
sample_files
head -c 2500000 /dev/zero | tr '\0' 'm' | tee server1/large >server2/large
start_replica server2
start_coordinator server1

concur stat file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server1 = server2  b3:0ea3…  3 min ago'
concur stat file2.txt
expect_status 1
expect_output \
  'DIFFERENT_FILES file2.txt  2 versions  never replicated' \
  '  server1  19 B  b3:668d…  3 min ago' \
  '  server2  19 B  b3:2f02…  1 h ago'
concur stat file3.txt
expect_status 0
expect_output_like 'SINGLE_FILE file3.txt  21 B  server1  (missing on server2)*'
concur stat file4.txt
expect_status 2
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1, not on server2'
expect_nothing_here

# A sum of the bytes to hold against sha256sum.
for file in file1.txt large; do
  sum=$(sha256sum <server1/$file)
  concur stat $file --sha256
  expect_status 0
  grep -qF "${sum%% *}" stdout || mismatch "$sum"
done
SUM=$(sha256sum <server2/file2.txt)
export SUM=${SUM%% *}
concur stat file2.txt --sha256 --json
expect_status 1
expect_json 'versions[1].sha256 === process.env.SUM && versions[0].sha256 !== process.env.SUM'
expect_nothing_here

concur stat file1.txt --json
expect_status 0
expect_json 'verdict === "SINGLE_FILE" && versions[0].savedAs === null && lock === null && lastOp === null' \
  '["path", "missing", "stale", "unreachable", "details", "error"].every(key => key in scope)'
concur stat file4.txt --json
expect_status 2
expect_json 'verdict === "ERROR" && error.code === "NOT_FOUND" && lock === null && lastOp === null'
