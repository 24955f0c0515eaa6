#!/usr/bin/env bash
# Two files of 1 GiB that differ in their last byte: different. The version of the replica's alone travels through the
# coordinator, here into a pipe, and arrives as it is. Memory as with equal ones.
. "$(dirname "$0")/../cluster.sh"
roots_in_memory server1 server2
make_gibibyte server1/big
cp --sparse=always server1/big server2/big
printf 'Z' | dd of=server2/big bs=1 seek=$((1024 ** 3 - 1)) conv=notrunc status=none
start_replica server2
start_coordinator server1

concur stat big
expect_status 1
expect_output_like 'DIFFERENT_FILES big  2 versions  never replicated' '  server1  1 GiB *' '  server2  1 GiB *'

mkfifo here/pipe
cmp here/pipe server2/big &
comparison=$!
background+=("$comparison")
measure_client_memory
concur get big --from server2 -o pipe
expect_status 1
wait "$comparison" || mismatch 'the bytes of server2'

expect_memory_at_most 150 server1 server2
