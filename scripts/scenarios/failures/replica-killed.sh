#!/usr/bin/env bash
# A replica dies, between reads and in the middle of one. Reads go on with the copies that answer and name the one that
# does not; --strict refuses. Nothing of a file that broke off is saved.
. "$(dirname "$0")/../cluster.sh"
sample_files
truncate -s 200M server2/large
start_replica server2
start_coordinator server1

concur get file1.txt --strict
expect_status 0
crash server2

concur get file1.txt
expect_status 0
expect_output_like 'SINGLE_FILE file1.txt  31 B  server1  (server2 *)  saved as file1.txt'

# Different copies cannot be seen with one of them gone: the answer says who was not asked.
concur get file2.txt --json
expect_status 0
expect_json \
  'verdict === "SINGLE_FILE" && same(versions[0].nodes, ["server1"]) && same(unreachable, ["server2"])' \
  'same(missing, []) && same(stale, []) && same(Object.keys(details), ["server2"]) && error === null' \
  'typeof details.server2.reason === "string" && details.server2.behindOps >= 0'

# "Not there" needs everybody.
concur get file4.txt
expect_status 2
expect_errors_like 'ERROR UNREACHABLE file4.txt: not on server1; server2 *'

rm here/*
concur get file1.txt --strict
expect_status 2
expect_no_output
expect_errors_like 'ERROR UNREACHABLE file1.txt: *server2*'
concur get file1.txt --strict --json
expect_status 2
expect_json \
  'verdict === "ERROR" && error.code === "UNREACHABLE" && same(unreachable, ["server2"])' \
  'same(versions.map(({ nodes, savedAs }) => [nodes, savedAs]), [[["server1"], null]])'
concur stat file1.txt --strict
expect_status 2
expect_nothing_here

concur ls
expect_status 0
expect_output '! file1.txt' '! file2.txt' '! file3.txt'
concur ls --strict
expect_status 2

# It dies while its bytes travel: nobody empties the client's pipe any more, so the read stays in its middle.
start_replica server2
within 10 is_state server2 up
mkfifo here/pipe
exec {reader}<>here/pipe
begin_concur get large -o pipe
timeout 10 head -c 1 <&"$reader" >/dev/null
crash server2
cat <&"$reader" >/dev/null &
background+=("$!")
end_concur
expect_status 2
expect_errors_like 'ERROR UNREACHABLE large: *server2*'
expect_here pipe
