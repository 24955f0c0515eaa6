#!/usr/bin/env bash
# A node that was away and catches up, over a slow line: what it is only behind in has the mark ~ and is no difference;
# what somebody has edited there meanwhile is one all the same.
. "$(dirname "$0")/../cluster.sh"
start_replica server2
node "$repository/scripts/scenarios/slow-line.mjs" "${address_of[server2]##*:}" 1000000 >line.port &
background+=("$!")
within 5 test -s line.port
own_address=${address_of[server2]}
address_of[server2]=127.0.0.1:$(<line.port)
start_coordinator server1 --read-timeout 20s --heartbeat-timeout 20s
within 10 is_state server2 up
for name in last edited gone; do concur write $name 'one'; done

address_of[server2]=$own_address
crash server2
within 10 is_state server2 down
seq 1200000 >numbers
concur put "$folder/numbers" numbers
concur write edited 'two'
concur write last 'two'
concur write new 'two'
concur rm gone
printf 'by hand' >server2/edited

is_late() {
  concur ls
  is_text stdout '* edited' '~ gone' '~ last' '~ new' '~ numbers'
}
start_replica server2
within 10 is_late
expect_status 1
concur verify
expect_status 1
expect_output_like '[*] edited *' '~ gone  server2' '~ last *' '~ new  server1' '~ numbers *' '* 1 not the same, 4 only behind *'

# When it has caught up there is nothing but what somebody did.
concur wait
expect_status 0
concur verify
expect_status 1
expect_output_like '[*] edited *' '4 files, *: 1 not the same *'
concur ls --differing
expect_status 1
expect_output '* edited'
