#!/usr/bin/env bash
# A file of 1 GiB, equal on both servers: read whole, checked, and saved, while coordinator, replica and client each
# stay below 150 MiB of memory. That it takes longer than --read-timeout does not matter: who hashes says so.
. "$(dirname "$0")/../cluster.sh"
roots_in_memory server1 server2
make_gibibyte server1/big
cp --sparse=always server1/big server2/big
start_replica server2
start_coordinator server1 --read-timeout 1s

measure_client_memory
concur get big --strict
expect_status 0
expect_output 'SINGLE_FILE big  1 GiB  server1 = server2  saved as big'
expect_no_errors
expect_same_file here/big server1/big

expect_memory_at_most 150 server1 server2
