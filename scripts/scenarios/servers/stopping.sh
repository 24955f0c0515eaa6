#!/usr/bin/env bash
# SIGTERM and SIGINT end a server with exit status 0 within 5 s: idle, with clients that only hold their connection,
# and in the middle of reads that nobody takes away.
. "$(dirname "$0")/../cluster.sh"
sample_files
truncate -s 300M server1/large
truncate -s 300M server2/other
start_replica server2
start_coordinator server1
concur get file1.txt
stop server1
expect_status 0
stop server2
expect_status 0
start_replica server2
start_coordinator server1
kill -INT "${pid_of[server1]}"
await_end server1
expect_status 0

# Readers that do not read: one of a file of the coordinator's, one of a file of the replica's, one at the replica.
# And a connection on which nobody says anything.
start_coordinator server1
mkfifo here/pipe1 here/pipe2 here/pipe3
exec {reader1}<>here/pipe1 {reader2}<>here/pipe2 {reader3}<>here/pipe3
begin_concur get large -o pipe1
timeout 10 head -c 1 <&"$reader1" >/dev/null
begin_concur get other -o pipe2
timeout 10 head -c 1 <&"$reader2" >/dev/null
begin_concur --server "${address_of[server2]}" get large -o pipe3
timeout 10 head -c 1 <&"$reader3" >/dev/null
# shellcheck disable=SC2034
exec {idle}<>"/dev/tcp/${address_of[server1]/://}"
stop server2
expect_status 0
stop server1
expect_status 0
