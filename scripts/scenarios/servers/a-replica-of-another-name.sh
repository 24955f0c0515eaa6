#!/usr/bin/env bash
# --replica NAME= must be the replica's own name, and a replica belongs to one cluster. A server that is not the one
# that was meant shows as down, with the reason, and is not read from.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_server coordinator server1 --replica "other=${address_of[server2]}"
concur status --json
expect_status 0
expect_json 'same(replicas.map(({ name, state }) => [name, state]), [["other", "down"]])' 'replicas[0].reason.includes("server2")'
concur get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server1  (other *server2*)  saved as file1.txt'
stop server1

# Its first coordinator gave it the cluster.
start_coordinator server1
concur get file1.txt --strict
expect_status 0
stop server1
start_coordinator server3
concur --server "${address_of[server3]}" status --json
expect_json 'replicas[0].state === "down" && /cluster/.test(replicas[0].reason)'

# A coordinator is no replica.
stop server3
start_coordinator server1
start_server coordinator server3 --replica "server1=${address_of[server1]}"
concur --server "${address_of[server3]}" status --json
expect_json 'replicas[0].state === "down" && /coordinator/.test(replicas[0].reason)'
