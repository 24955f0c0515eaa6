#!/usr/bin/env bash
# A replica's machine is restored to yesterday while the coordinator is off too: the coordinator knows from its journal
# what the replica had acknowledged, names it as rolled back, and catches it up. No command is needed.
. "$(dirname "$0")/../cluster.sh"
# shellcheck source=../snapshots.sh
. "$repository/scripts/scenarios/snapshots.sh"
start_all server2
yesterday
stop server2
snapshot server2
start_replica server2
in_step server2
today
in_step server2

# The coordinator is there first, and takes changes alone.
stop server1
stop server2
put_back server2
start_coordinator server1
thirty_changes
start_replica server2
in_step server2
is_named_rolled_back server2 || fail 'server2 is not named as rolled back'
expect_thirty_changes server1 server2
expect_everywhere extended 'extended: of yesterday, and of today' server1 server2
expect_nowhere deleted server1 server2

# The replica is there first; this time nobody stopped in order.
crash server1
crash server2
put_back server2
start_replica server2
start_coordinator server1
in_step server2
is_named_rolled_back server2 || fail 'server2 is not named as rolled back'
thirty_changes
expect_thirty_changes server1 server2
expect_nothing_lost

# When it was never behind what it had acknowledged, nothing is said.
stop server2
write_kept alone 'changed while it was away'
stop server1
start_replica server2
start_coordinator server1
in_step server2
not is_named_rolled_back server2 || fail 'server2 is named as rolled back though it was only away'
