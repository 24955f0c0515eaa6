#!/usr/bin/env bash
# --connections-max: who is too many is told BUSY, in the words of its protocol, and the next one is served as soon as
# there is room.
. "$(dirname "$0")/../cluster.sh"
needs nc
sample_files
start_replica server2
start_coordinator server1 --connections-max 1

exec {idle}<>"/dev/tcp/${address_of[server1]/://}"
concur get file1.txt
expect_status 2
expect_no_output
expect_errors_like 'ERROR BUSY*'
ask_in_text server1 'file1.txt\n'
expect_output_without_end 'ERROR|*[a-z]*'

exec {idle}>&-
is_served() {
  concur get file1.txt
  [ "$status" -eq 0 ]
}
within 5 is_served
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt'

# Links between nodes have reserved capacity: a replica that clients have filled is still asked by its coordinator.
stop server1
stop server2
start_replica server2 --connections-max 1
exec {idle}<>"/dev/tcp/${address_of[server2]/://}"
start_coordinator server1
concur get file1.txt
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt'
exec {idle}>&-
