#!/usr/bin/env bash
# One edit that somebody made on one node's disk becomes everybody's, or gives way to what was written; what gives way is in
# history.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write with 'written'

printf 'edited' >server2/with
concur adopt with --node server1
expect_status 2
expect_errors_like 'ERROR CONFLICT with: server2 differs as well*'
concur adopt with --node server2
expect_status 0
expect_everywhere with 'edited' server1 server2
printf 'edited again' >server1/with
concur revert with --node server1
expect_status 0
expect_everywhere with 'edited' server1 server2
rm server2/with
concur revert with --node server2
expect_status 0
expect_everywhere with 'edited' server1 server2
concur revert with --node server2
expect_status 2
expect_errors 'ERROR PRECONDITION_FAILED with: on server2 it is as it was written'

# A file that is there again on one node, though it was deleted.
concur rm with
printf 'back' >server1/with
concur revert with --node server1
expect_status 0
expect_nowhere with server1 server2
concur restore with
expect_everywhere with 'back' server1 server2
concur adopt with
expect_one_sentence USAGE --node
concur revert never --node server1
expect_status 2
