#!/usr/bin/env bash
# resolve makes copies that differ one: a node's, a file of here, a merge, or one file for each version; its undo brings back
# what the coordinator had.
. "$(dirname "$0")/../cluster.sh"
printf 'one\ntwo\n' >server1/plan
printf 'one\n2\n' >server2/plan
printf 'a' >server1/with
printf 'b' >server2/with
printf 'first' >server1/both
printf 'second' >server2/both
start_all server2

concur resolve plan --keep server2
expect_status 0
expect_output_like 'resolve plan  6 B  seq [0-9]*  copies 2 of 2' '  replaced on server1: b3:*, never replicated, now in its history' 'undo: concur restore plan --at [0-9]*'
expect_everywhere plan 'one\n2\n' server1 server2
undo=$(sed -n 's/^undo: concur //p' stdout)
# The words of a command.
# shellcheck disable=SC2086
concur $undo
expect_status 0
expect_everywhere plan 'one\ntwo\n' server1 server2
concur resolve plan --merge
expect_status 2
expect_errors 'ERROR PRECONDITION_FAILED plan: the copies do not differ'

printf 'c' >here/mine
concur resolve with --with mine
expect_status 0
expect_everywhere with 'c' server1 server2
concur resolve both --both
expect_status 0
expect_everywhere both.server1 'first' server1 server2
expect_everywhere both.server2 'second' server1 server2
expect_nowhere both server1 server2

# Two edits of one text, in other lines: a merge has both. In the same lines: a person decides.
seq 1 20 >here/list
concur put list
sed -i 's/^3$/three/' server1/list
sed -i 's/^17$/seventeen/' server2/list
concur resolve list --merge
expect_status 0
expect_everywhere list "$(seq 1 20 | sed 's/^3$/three/; s/^17$/seventeen/' | sed 's/$/\\n/' | tr -d '\n')" server1 server2
sed -i 's/^5$/five/' server1/list
sed -i 's/^5$/fünf/' server2/list
concur resolve list --merge
expect_status 2
expect_errors_like 'ERROR CONFLICT list: the versions changed the same lines in 1 place; saved as list.merge: *'
grep -q '^<<<<<<< server1$' here/list.merge || mismatch 'markers'
sed -i '/^<<<<<<<\|^=======\|^>>>>>>>\|^five$/d' here/list.merge
concur resolve list --with list.merge
expect_status 0
concur verify
expect_status 0
grep -q '^fünf$' server1/list || mismatch 'what was decided'

# All at once, with what one node has; its undo makes them what the first node had.
for number in 1 2 3; do
  printf 'first %d' "$number" >"server1/all-$number"
  printf 'second %d' "$number" >"server2/all-$number"
done
concur resolve --all 'all-*' --keep server2
expect_status 0
expect_output_like 'resolve /  3 files  24 B  seq * to *  copies 2 of 2' 'undo: concur restore / --at [0-9]*'
for number in 1 2 3; do expect_everywhere "all-$number" "second $number" server1 server2; done
undo=$(sed -n 's/^undo: concur //p' stdout)
# The words of a command.
# shellcheck disable=SC2086
concur $undo
expect_status 0
for number in 1 2 3; do expect_everywhere "all-$number" "first $number" server1 server2; done

# What cannot be is refused, and changes nothing.
for wrong in '' '--keep server1 --both' '--all' '--all --both' '--dry-run --keep server1'; do
  # The words are options.
  # shellcheck disable=SC2086
  concur resolve with $wrong
  expect_status 2
done
concur resolve with --keep server7
expect_status 2
expect_errors 'ERROR USAGE with: no node is called server7; the nodes are server1, server2'
concur resolve nowhere --keep server1
expect_status 2
expect_errors 'ERROR NOT_FOUND nowhere: not on server1'
