#!/usr/bin/env bash
# Two nodes that lived apart, because the folder of one was put back from a copy, go on together: the fork's contents are
# in history, its paths are what they were before it, and nothing is lost.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write kept 'kept'
concur write changed 'before'
concur write deleted 'deleted'
concur write folder/moved 'moved'
concur write log 'line 1'
stop server1
cp -a server1 saved
start_coordinator server1
within 10 is_state server2 up

# Changes that both nodes acknowledge, and that the copy does not know.
concur write changed 'on both'
concur append log 'line 2'
concur rm deleted
concur mv folder renamed
concur write new 'new'
concur wait
expect_status 0
stop server2
crash server1

# The coordinator's machine is put back, and changes are made while the replica is off.
rm -rf server1
cp -a saved server1
start_coordinator server1
for n in $(seq 1 30); do
  concur write "since/$n" "since $n"
  expect_status 0
done
concur write changed 'since'

# They meet.
start_replica server2
meet() {
  concur status
  grep -q 'server2 *replica .* up ' stdout || grep -q 'refusing' stdout
}
within 20 meet
if grep -q refusing stdout; then
  # The replica had promised a higher epoch: one start more, and no other command.
  stop server1
  start_coordinator server1
fi
within 20 is_state server2 up
concur wait
expect_status 0
mapfile -t since < <(seq -f 'since/%g' 30)
for name in server1 server2; do
  expect_tree "$name" changed deleted folder/ folder/moved kept log since/ "${since[@]}"
done
expect_everywhere changed 'since' server1 server2
expect_everywhere log 'line 1' server1 server2
expect_everywhere deleted 'deleted' server1 server2
expect_logged server2 'fork filed'
filed=$(find server2/.concur/history -type d -name 'fork-*')
for content in 'on both' 'line 1line 2' 'new'; do
  grep -rqx -e "$content" "$filed" || fail "not in history: $content"
done
concur ls -R
expect_status 0

# The other way round: what the replica has is longer. One start with --accept-journal, and the coordinator's is the fork.
stop server1
rm -rf saved
cp -a server1 saved
start_coordinator server1
within 10 is_state server2 up
for n in 1 2 3 4 5; do concur write "more/$n" "more $n"; done
concur wait
stop server2
crash server1
rm -rf server1
cp -a saved server1
start_coordinator server1
concur write alone 'alone'
expect_status 0
concur write kept 'kept alone'
stop server1
start_replica server2
start_coordinator server1
is_refusing() {
  concur status
  grep -q 'refusing-changes.*--accept-journal server2' stdout
}
within 10 is_refusing
stop server1
start_coordinator server1 --accept-journal server2
within 20 is_state server2 up
concur wait
expect_status 0
for name in server1 server2; do
  expect_everywhere kept 'kept' "$name"
  expect_everywhere more/5 'more 5' "$name"
  expect_nowhere alone "$name"
done
expect_logged server1 'fork filed'
for content in 'alone' 'kept alone'; do
  grep -rqx -e "$content" server1/.concur/history || fail "not in history: $content"
done
concur write alone 'again'
expect_status 0

# A replica that was put back is named, and caught up.
stop server2
rm -rf saved
cp -a server2 saved
start_replica server2
within 10 is_state server2 up
concur write later 'later'
concur wait
stop server2
rm -rf server2
cp -a saved server2
start_replica server2
within 10 is_state server2 up
concur wait
expect_status 0
expect_everywhere later 'later' server1 server2
