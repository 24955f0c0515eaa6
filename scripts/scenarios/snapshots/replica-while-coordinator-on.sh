#!/usr/bin/env bash
# A replica's machine is restored to yesterday while the coordinator goes on: it is named as rolled back, and caught up,
# whether something was changed meanwhile or not. No command is needed.
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

# Changes are made while it is off.
crash server2
put_back server2
thirty_changes
start_replica server2
in_step server2
is_named_rolled_back server2 || fail 'server2 is not named as rolled back'
concur status
expect_output_like 'server1 *serving *' 'server2 *up *rolled back*'
expect_thirty_changes server1 server2
expect_everywhere extended 'extended: of yesterday, and of today' server1 server2
expect_nowhere deleted server1 server2

# It comes back in the middle, and the changes go to both.
crash server2
put_back server2
start_replica server2
in_step server2
is_named_rolled_back server2 || fail 'server2 is not named as rolled back'
thirty_changes
expect_thirty_changes server1 server2
expect_nothing_lost

# When it was never behind what it had acknowledged, nothing is said.
stop server2
start_replica server2
in_step server2
not is_named_rolled_back server2 || fail 'server2 is named as rolled back though it was only away'
