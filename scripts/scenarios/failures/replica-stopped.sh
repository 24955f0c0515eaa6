#!/usr/bin/env bash
# A replica hangs: connected, and silent. Reads wait for it as long as --read-timeout says and go on; --strict refuses.
# Status calls it suspect, catching up once a change has come past it, and then down, with the reason. When it goes on, it
# is up again by itself.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2 --heartbeat 100ms
start_coordinator server1 --read-timeout 300ms --heartbeat-timeout 3s
concur get file1.txt --strict
expect_status 0

pause server2
concur get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server1  (server2 *)  saved as file1.txt'
within 9 is_state server2 suspect

rm here/*
concur get file1.txt --strict
expect_status 2
expect_errors_like 'ERROR UNREACHABLE file1.txt: server2 *'
expect_nothing_here
concur get file4.txt
expect_status 2
expect_errors_like 'ERROR UNREACHABLE file4.txt: not on server1; server2 *'
concur ls
expect_status 0
expect_output '! file1.txt' '! file2.txt' '! file3.txt'

concur write meanwhile x
expect_status 0
expect_output_like 'write meanwhile  1 B  seq [0-9]*  copies 1 of 2 · behind: server2 (*)' 'undo: concur *'
is_state server2 catching-up
within 15 is_state server2 down
expect_json 'typeof replicas[0].reason === "string" && replicas[0].reason !== ""'
concur get file1.txt
expect_status 0

resume server2
within 10 is_state server2 up
concur get file2.txt --strict
expect_status 1

# What ended a link is what the log says of it.
crash server2
within 15 is_state server2 down
expect_logged server1 '"state":"down","reason":"(is not connected|could not be reached) \('
concur write x 'x'
expect_status 0
expect_output_like 'write x  1 B  seq [0-9]*  copies 1 of 2 · behind: server2 (down * s)' 'undo: concur *'
