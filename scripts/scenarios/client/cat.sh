#!/usr/bin/env bash
# cat: the bytes and nothing else on standard output; what is to be said goes to standard error. Copies that differ put
# no byte on standard output, unless a node is picked.
. "$(dirname "$0")/../cluster.sh"
sample_files
truncate -s 50M server1/large
cp server1/large server2/large
start_replica server2
start_coordinator server1

concur cat file1.txt
expect_status 0
expect_bytes 'Hello!! Identical content test\n'
expect_errors_like 'SINGLE_FILE file1.txt  31 B  server1 = server2'
expect_nothing_here

concur cat file2.txt
expect_status 1
expect_no_output
expect_errors_like 'DIFFERENT_FILES file2.txt  2 versions *' '  server1  19 B  *' '  server2  19 B  *' \
  'settle it: concur diff file2.txt · concur resolve file2.txt --keep server1'
for node in 1 2; do
  concur cat file2.txt --from server$node
  expect_status 1
  expect_bytes "Hello from Server$node\n"
done
concur cat file2.txt --from nobody
expect_status 2
expect_no_output

concur cat file4.txt
expect_status 2
expect_no_output
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1, not on server2'

# The document goes to standard error, because standard output is taken.
concur cat file1.txt --json
expect_status 0
expect_bytes 'Hello!! Identical content test\n'
mv stderr stdout
expect_json 'verdict === "SINGLE_FILE" && versions[0].savedAs === null'

# A reader that leaves is no accident worth a story.
(cd here && CONCUR_SERVER=${address_of[server1]} node "${file_of[client]}" cat large --quiet 2>../stderr) | head -c 5 >stdout || true
expect_bytes '\0\0\0\0\0'
expect_no_errors
