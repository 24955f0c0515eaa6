#!/usr/bin/env bash
# The coordinator is gone. A replica answers reads from its own copy and names every other node as unreachable; its
# status shows the coordinator down. When the coordinator is back, the replica's clients get verdicts again.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_replica server3
start_coordinator server1
replica=${address_of[server2]}
concur --server "$replica" get file3.txt
expect_status 0
expect_output 'SINGLE_FILE file3.txt  21 B  server1  (missing on server2, server3)  saved as file3.txt'
rm here/*

crash server1
concur --server "$replica" get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server2  (server1 *)  (server3 *)  saved as file1.txt'
expect_file here/file1.txt 'Hello!! Identical content test\n'
concur --server "$replica" stat file2.txt --json
expect_status 0
expect_json \
  'verdict === "SINGLE_FILE" && same(versions[0].nodes, ["server2"]) && same(unreachable, ["server1", "server3"])' \
  'same(Object.keys(details), ["server1", "server3"])'
concur --server "$replica" cat file2.txt
expect_status 0
expect_bytes 'Hello from Server2\n'

# It does not know that a file is nowhere, nor that nobody disagrees.
concur --server "$replica" get file3.txt
expect_status 2
expect_errors_like 'ERROR UNREACHABLE file3.txt: not on server2; server1 *; server3 *'
concur --server "$replica" get file1.txt --strict
expect_status 2
concur --server "$replica" ls
expect_status 0
expect_output '! file1.txt' '! file2.txt'

concur --server "$replica" status --json
expect_status 0
expect_json 'coordinator.name === "server1" && coordinator.state === "down"' \
  'replicas.some(({ name, state }) => name === "server2" && state === "up")'

# Of several servers the first that answers is asked.
concur --server "${address_of[server1]},$replica" get file1.txt
expect_status 0

is_relayed() {
  concur --server "$replica" get file2.txt
  [ "$status" -eq 1 ]
}
start_coordinator server1
within 10 is_relayed
expect_output_like 'DIFFERENT_FILES file2.txt  2 versions*' '  server1 *' '  server2 *' 'settle it: *'

# A coordinator that hangs is as good as gone.
pause server1
concur --server "$replica" get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server2  (server1 *)  (server3 *)  saved as file1.txt'
