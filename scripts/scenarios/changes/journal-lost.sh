#!/usr/bin/env bash
# A coordinator whose folder was lost or put back from a copy refuses changes and names the one command that goes on; a
# replica whose folder was lost is another node until --replace takes it.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a 'one'
concur write folder/b 'two'
head -c 3000000 /dev/urandom >here/large
concur put large
concur mv large folder/
concur append a ' more'
concur rm folder/b
stop server1
cp -r server1 saved
start_coordinator server1
within 10 is_state server2 up
concur write later 'yes'

expect_refused() {
  concur write x 'x'
  expect_status 2
  expect_errors_like 'ERROR ROLLED_BACK x: *--accept-journal server2*'
  expect_nowhere x server1 server2
  concur status
  expect_output_like 'server1 *coordinator *refusing-changes*--accept-journal server2*' 'server2 *' 'next: *'
}
expect_accepted() {
  within 10 is_state server2 up
  concur wait
  expect_status 0
  expect_everywhere a 'one more' server1 server2
  expect_everywhere later 'yes' server1 server2
  expect_same_file here/large server1/folder/large
  for name in server1 server2; do expect_tree "$name" a folder/ folder/large later; done
}

crash server1
rm -rf server1
mkdir server1
start_coordinator server1
expect_refused
stop server1
start_coordinator server1 --accept-journal server2
expect_accepted
concur append later ''
expect_status 0

stop server1
rm -rf server1
cp -r saved server1
start_coordinator server1
expect_refused
stop server1
start_coordinator server1 --accept-journal server2
expect_accepted
stop server1
start_coordinator server1
within 10 is_state server2 up

crash server2
rm -rf server2
mkdir server2
start_replica server2
is_fenced() {
  concur status
  grep -q -e '--replace server2' stdout
}
within 10 is_fenced
concur write a 'alone'
expect_status 0
expect_output_like 'write a  5 B  seq [0-9]*  copies 1 of 2 · behind: server2 (*)' 'undo: concur *'
[ ! -e server2/a ] || fail 'a node that was not known was given changes'
stop server1
start_coordinator server1 --replace server2
within 10 is_state server2 up
concur wait
expect_status 0
expect_everywhere a 'alone' server1 server2
expect_same_file here/large server2/folder/large

# The journal that is taken over knows the node that took the name meanwhile.
stop server1
rm -rf server1
cp -r saved server1
start_coordinator server1
within 10 is_fenced
concur write x 'x'
expect_status 2
expect_errors_like 'ERROR ROLLED_BACK x: *--accept-journal server2*'
stop server1
start_coordinator server1 --accept-journal server2
within 10 is_state server2 up
concur wait
expect_status 0
expect_everywhere a 'alone' server1 server2
