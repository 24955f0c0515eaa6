#!/usr/bin/env bash
# The servers hold different contents: both versions are shown and saved, each under the name of its node, and the name
# itself is left alone. Exit status 1, as diff(1).
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1
echo 'what was here before' >here/file2.txt

concur get file2.txt
expect_status 1
expect_output \
  'DIFFERENT_FILES file2.txt  2 versions  never replicated' \
  '  server1  19 B  b3:668d…  3 min ago  saved as file2.txt.server1' \
  '  server2  19 B  b3:2f02…  1 h ago    saved as file2.txt.server2' \
  'settle it: concur diff file2.txt · concur resolve file2.txt --keep server1'
expect_no_errors
expect_here file2.txt file2.txt.server1 file2.txt.server2
expect_file here/file2.txt.server1 'Hello from Server1\n'
expect_file here/file2.txt.server2 'Hello from Server2\n'
expect_file here/file2.txt 'what was here before\n'

concur get file2.txt --json
expect_status 1
expect_no_errors
expect_json \
  'verdict === "DIFFERENT_FILES" && path === "file2.txt" && versions.length === 2' \
  'same(versions.map(({ nodes }) => nodes), [["server1"], ["server2"]])' \
  'versions[0].digest === "b3:668d938a2aa1f46e3abfaefee6aba6a7e6c2b826b782e5144a77ed82d76365a0"' \
  'versions[1].digest === "b3:2f022b59f38f0a790bcd4521cae0648212acafaad3b44fa117402f50b4cbcb53"' \
  'versions.every(({ cause, size }) => cause === "never-replicated" && size === 19)' \
  'same(versions.map(({ savedAs }) => savedAs), ["file2.txt.server1", "file2.txt.server2"])' \
  'same(missing, []) && same(unreachable, []) && error === null'

# One of them, picked by the name of a node that holds it. The copies differ still.
concur get file2.txt --from server2 -o picked.txt
expect_status 1
expect_file here/picked.txt 'Hello from Server2\n'
