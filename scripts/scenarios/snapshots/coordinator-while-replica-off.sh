#!/usr/bin/env bash
# The coordinator's machine is restored to yesterday while the replica is off: it cannot know, and takes changes. When they
# meet, the replica's today is a fork: its contents go to history, and what was changed since goes on. One start more at
# the most.
. "$(dirname "$0")/../cluster.sh"
# shellcheck source=../snapshots.sh
. "$repository/scripts/scenarios/snapshots.sh"
start_all server2
yesterday
stop server1
snapshot server1
start_coordinator server1
in_step server2
today
in_step server2
stop server2
crash server1
put_back server1

start_coordinator server1
thirty_changes
start_replica server2
have_met() {
  is_state server2 up || is_refusing ''
}
within 20 have_met
if is_refusing ''; then
  # The one command: a start.
  stop server1
  start_coordinator server1
fi
in_step server2
expect_thirty_changes server1 server2
expect_everywhere extended 'extended: of yesterday' server1 server2
expect_everywhere deleted 'deleted: of yesterday' server1 server2
expect_everywhere folder/moved 'moved: of yesterday' server1 server2
expect_nowhere new server1 server2
expect_logged server2 'fork filed'
expect_nothing_lost
