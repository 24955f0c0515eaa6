#!/usr/bin/env bash
# A client that talks to a replica gets what the coordinator says: the same verdicts, listings and status, and the
# bytes. The coordinator knows the client by its own name.
. "$(dirname "$0")/../cluster.sh"
sample_files
head -c 20000000 /dev/zero | tr '\0' 'x' >server1/large
touch -d '2 hours ago' server1/large
start_replica server2
start_coordinator server1
replica=${address_of[server2]}

concur --server "$replica" --client-id tester@here get file1.txt file2.txt file3.txt file4.txt large
expect_status 2
expect_output \
  'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt' \
  'DIFFERENT_FILES file2.txt  2 versions  never replicated' \
  '  server1  19 B  b3:668d…  3 min ago  saved as file2.txt.server1' \
  '  server2  19 B  b3:2f02…  1 h ago    saved as file2.txt.server2' \
  'settle it: concur diff file2.txt · concur resolve file2.txt --keep server1' \
  'SINGLE_FILE file3.txt  21 B  server1  (missing on server2)  saved as file3.txt' \
  'SINGLE_FILE large  19.1 MiB  server1  (missing on server2)  saved as large'
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1, not on server2'
expect_file here/file2.txt.server1 'Hello from Server1\n'
expect_same_file here/large server1/large
expect_logged server1 '"client":"tester@here","op":"[a-z]+","path":"file2.txt","verdict":"DIFFERENT_FILES"'

concur ls -l
expect_status 1
cp stdout asked-directly
concur --server "$replica" ls -l
expect_status 1
expect_same_file stdout asked-directly

concur --server "$replica" status --json
expect_status 0
expect_json 'coordinator.state === "serving" && same(replicas.map(({ name, state }) => [name, state]), [["server2", "up"]])'
