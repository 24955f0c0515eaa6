#!/usr/bin/env bash
# diff shows how versions differ, from what was written where that is known, on a disk or in the journal; with the exit status
# of diff(1).
. "$(dirname "$0")/../cluster.sh"
printf 'one\ntwo\n' >server1/plan
printf 'one\n2\n' >server2/plan
printf 'a\0b' >server1/binary
printf 'a\0c' >server2/binary
printf 'same' | tee server1/same >server2/same
start_all server2

concur diff plan
expect_status 1
expect_output_like '--- plan*server1' '+++ plan*server2' '@@ *' ' one' '-two' '+2'
concur diff plan --json
expect_status 1
expect_json 'from === "server1" && to === "server2" && lines.includes("+2")'
concur diff binary
expect_status 1
expect_output 'binary: server1 3 B, server2 3 B: differ from byte 2 on'
concur diff same
expect_status 0
expect_no_output
concur diff nowhere
expect_status 2
expect_errors 'ERROR NOT_FOUND nowhere: not on server1, not on server2'

# What was written is on a disk, or, when every disk has something else, in the journal.
seq 1 20 >here/list
concur put list
sed -i 's/^17$/seventeen/' server2/list
concur diff list
expect_status 1
expect_output_like '--- list*server1' '+++ list*server2' '@@*' ' *' ' *' ' *' '-17' '+seventeen' ' *' ' *' ' *'
sed -i 's/^3$/three/' server1/list
concur diff list
expect_status 1
expect_output_like '--- list*as written (seq *' '+++ list*server1' '@@*' ' *' ' *' '-3' '+three' ' *' ' *' ' *' \
  '--- list*as written (seq *' '+++ list*server2' '@@*' ' *' ' *' ' *' '-17' '+seventeen' ' *' ' *' ' *'
