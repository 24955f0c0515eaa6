#!/usr/bin/env bash
# The coordinator's machine is restored to yesterday while the replica goes on: it takes no changes before it has what the
# replica knows, and names the one command for that.
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
crash server1
put_back server1

start_coordinator server1
within 10 is_refusing '--accept-journal server2'
expect_refused 'ERROR ROLLED_BACK refused: *--accept-journal server2*'
expect_everywhere changed 'changed: of today' server2

# The one command.
stop server1
start_coordinator server1 --accept-journal server2
in_step server2
expect_everywhere changed 'changed: of today' server1 server2
expect_everywhere extended 'extended: of yesterday, and of today' server1 server2
expect_everywhere renamed/moved 'moved: of yesterday' server1 server2
expect_everywhere new 'new: of today' server1 server2
expect_nowhere deleted server1 server2
thirty_changes
expect_thirty_changes server1 server2
expect_nothing_lost

# It was said once: the next start needs nothing.
stop server1
start_coordinator server1
in_step server2
