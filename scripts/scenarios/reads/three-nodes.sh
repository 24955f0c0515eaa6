#!/usr/bin/env bash
# Three nodes. Two against one are still two versions: nobody is outvoted. Versions stand in the order of their first
# node, coordinator first, and each content crosses the network and is saved once.
. "$(dirname "$0")/../cluster.sh"
printf 'yes' | tee server1/all server2/all >server3/all
printf 'two' | tee server1/odd server3/odd >/dev/null
printf 'one' >server2/odd
printf 'new' | tee server2/lost server3/lost >/dev/null
for node in 1 2 3; do printf 'of %s' "$node" >"server$node/each"; done
touch -d '2 hours ago' server?/*
start_replica server2
start_replica server3
start_coordinator server1

concur get all
expect_status 0
expect_output 'SINGLE_FILE all  3 B  server1 = server2 = server3  saved as all'

concur get odd
expect_status 1
expect_output_like \
  'DIFFERENT_FILES odd  2 versions  never replicated' \
  '  server1 = server3  3 B  b3:????…  2 h ago  saved as odd.server1' \
  '  server2            3 B  b3:????…  2 h ago  saved as odd.server2' \
  'settle it: concur diff odd · concur resolve odd --keep server1'
expect_file here/odd.server1 'two'
expect_file here/odd.server2 'one'

concur get each --json
expect_status 1
expect_json \
  'same(versions.map(({ nodes }) => nodes), [["server1"], ["server2"], ["server3"]])' \
  'same(versions.map(({ savedAs }) => savedAs), ["each.server1", "each.server2", "each.server3"])'

concur get lost
expect_status 0
expect_output 'SINGLE_FILE lost  3 B  server2 = server3  (missing on server1)  saved as lost'

concur get nothing
expect_status 2
expect_errors 'ERROR NOT_FOUND nothing: not on server1, not on server2, not on server3'
expect_here all each.server1 each.server2 each.server3 lost odd.server1 odd.server2
