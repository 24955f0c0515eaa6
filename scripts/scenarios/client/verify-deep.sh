#!/usr/bin/env bash
# What no stat of a file shows, as bit rot does not, is found by a deep verification alone: it reads every byte on every
# node. From then on it is known, without reading.
. "$(dirname "$0")/../cluster.sh"
roots_in_memory server1 server2
[ -n "$in_memory" ] || skip 'no file system in memory, where a store through a memory map moves no time'

# rot NAME FILE POSITION
rot() {
  local before
  before=$(stat -c '%i %s %.Y %.Z' "$1/$2")
  node "$repository/scripts/scenarios/rot.mjs" "$1/$2" "$3"
  [ "$before" = "$(stat -c '%i %s %.Y %.Z' "$1/$2")" ] || skip 'this kernel records a store through a memory map'
}

start_all server2
concur write small 'sound content'
head -c 3000000 /dev/zero | tr '\0' 'm' >here/large
concur put large folder/
for how in '' --deep; do
  concur verify $how
  expect_status 0
done

rot server2 small 3
rot server1 folder/large 2500000
concur verify
expect_status 0
concur verify --deep
expect_status 1
expect_output '* folder/large  server1 ≠ server2' '* small  server1 ≠ server2' \
  '2 files, 2.86 MiB, on 2 nodes: 2 not the same  (every byte was read)'
concur verify
expect_status 1
expect_output_like '[*] folder/large *' '[*] small *' '2 files, *'
concur ls --differing
expect_status 1
expect_output '* small'
