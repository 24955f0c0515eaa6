#!/usr/bin/env bash
# A large file on its way to a replica that was away: the link is cut, the replica is killed, the coordinator is killed.
# Each time it goes on where it was: of what had arrived less than a twentieth is sent again.
. "$(dirname "$0")/../cluster.sh"
# shellcheck source=../relay.sh
. "$repository/scripts/scenarios/relay.sh"
start_through_relay 60
bytes=$((large_mib * 1024 * 1024))

# begin_transfer: three quarters of a new content have arrived when it returns.
begin_transfer() {
  crash server2
  large_file here/large
  concur put large
  expect_status 0
  before=$(passed)
  restart_replica
  within 100 has_passed $((before + bytes * 3 / 4))
}

# goes_on
goes_on() {
  caught_up
  expect_passed_at_most $((bytes + bytes * 3 / 4 / 20)) "$before"
  [ -z "$(ls -A server2/.concur/staging)" ] || fail "left in staging: $(ls -A server2/.concur/staging)"
}

begin_transfer
cut_link
goes_on

begin_transfer
crash server2
restart_replica
goes_on

begin_transfer
crash server1
start_coordinator server1
goes_on
