#!/usr/bin/env bash
# A replica is away while the coordinator's journal moves past it (a small --journal-keep). Meanwhile files are changed,
# deleted and renamed through the server, and some are edited in the replica's folder. It comes back, is killed in the
# middle, and comes back again: nothing deleted comes back, nothing edited is overwritten, and the rest is the same.
. "$(dirname "$0")/../cluster.sh"
start_replica server2
start_coordinator server1 --journal-keep 10
within 10 is_state server2 up

for name in changed deleted renamed same edited edited-and-deleted folder/a folder/b; do
  concur write "$name" "$name, as it was"
  expect_status 0
done
head -c 30000000 /dev/urandom >here/large
concur put large
expect_status 0
concur wait --timeout 30s
expect_status 0

# first_segment SERVER: the first record that its journal's files have.
first_segment() {
  local name
  name=$(cd "$1/.concur/journal" && printf '%s\n' ./*.segment | head -n 1)
  echo "$((10#$(basename "$name" .segment)))"
}

# has_moved_past SEQ
has_moved_past() {
  [ "$(first_segment server1)" -gt "$1" ]
}

stop server2
for name in edited edited-and-deleted never-replicated; do printf 'by hand' >"server2/$name"; done
concur write changed 'changed by now'
expect_status 0
concur write edited 'changed by now'
expect_status 0
concur rm deleted
expect_status 0
concur rm edited-and-deleted
expect_status 0
concur mv renamed elsewhere/renamed
expect_status 0
concur rm -r folder
expect_status 0
head -c 30000000 /dev/urandom >here/large
concur put large
expect_status 0
head -c 60000 /dev/urandom >here/filling
for _ in $(seq 60); do
  concur put filling
  expect_status 0
done
within 10 has_moved_past 30

start_replica server2
within 10 test -e server2/.concur/journal/begin
crash server2
start_replica server2
concur wait --timeout 50s
expect_status 0
within 10 is_state server2 up

for name in changed same elsewhere/renamed large filling; do expect_same_file "server1/$name" "server2/$name"; done
expect_file server2/changed 'changed by now'
for name in deleted renamed folder; do [ ! -e "server2/$name" ] || fail "$name came back"; done
for name in edited edited-and-deleted never-replicated; do expect_file "server2/$name" 'by hand'; done
[ "$(first_segment server2)" -gt 30 ] || fail "server2's journal begins at $(first_segment server2)"

concur verify
expect_status 1
expect_output_like '* edited  *' '- edited-and-deleted  *' '- never-replicated  *' '*'

# It goes on from there, also after both were started anew.
concur write changed 'once more'
expect_output_like '*copies 2 of 2*' 'undo: concur *'
stop server1
stop server2
start_replica server2
start_coordinator server1 --journal-keep 10
within 10 is_state server2 up
concur write after 'after'
expect_output_like '*copies 2 of 2*' 'undo: concur *'
concur log -n 2
expect_status 0
expect_file server2/changed 'once more'
