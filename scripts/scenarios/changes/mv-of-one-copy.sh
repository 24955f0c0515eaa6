#!/usr/bin/env bash
# A file that somebody laid into one node's folder: renamed through the server it comes to every node, whichever had it.
. "$(dirname "$0")/../cluster.sh"
start_all server2 server3
for holder in server1 server2 server3; do
  for try in 1 2 3; do
    printf 'from %s' "$holder" >"$holder/$holder-$try"
    concur mv "$holder-$try" "of-$holder-$try"
    expect_status 0
    expect_output_like "mv $holder-$try → of-$holder-$try  12 B  seq [0-9]*  copies 3 of 3" 'undo: concur *'
    expect_everywhere "of-$holder-$try" "from $holder" server1 server2 server3
    expect_nowhere "$holder-$try" server1 server2 server3
  done
done
concur verify
expect_status 0
