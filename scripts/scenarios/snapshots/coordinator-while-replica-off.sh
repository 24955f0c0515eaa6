#!/usr/bin/env bash
# The coordinator's machine is restored to yesterday while the replica is off: it cannot know, and takes changes. When they
# meet it takes no more, and names the one command that goes on from what the replica has; a start without it would go on
# from what was changed since (changes/fork).
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
within 10 is_refusing 'put back from a copy: start once with --accept-journal server2'
expect_refused 'ERROR FENCED refused: *--accept-journal server2*'
expect_thirty_changes server1

# The one command: what was changed since is the fork, and in the coordinator's history.
stop server1
start_coordinator server1 --accept-journal server2
in_step server2
expect_logged server1 'fork filed'
expect_everywhere changed 'changed: of today' server1 server2
expect_everywhere extended 'extended: of yesterday, and of today' server1 server2
expect_everywhere renamed/moved 'moved: of yesterday' server1 server2
expect_everywhere new 'new: of today' server1 server2
expect_everywhere same 'the same ever since' server1 server2
expect_nowhere deleted server1 server2
expect_nowhere since server1 server2
expect_nothing_lost

# It was said once: the next start needs nothing.
stop server1
start_coordinator server1
in_step server2
