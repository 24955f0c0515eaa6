#!/usr/bin/env bash
# A replica that was away gets of a large file the blocks that differ, and of one that grew what was added.
. "$(dirname "$0")/../cluster.sh"
# shellcheck source=../relay.sh
. "$repository/scripts/scenarios/relay.sh"
MiB=$((1024 * 1024))
start_through_relay 0
large_file here/large
concur put large
expect_status 0

crash server2
printf 'other' | dd of=here/large bs=1 seek=$((large_mib * MiB / 3)) conv=notrunc status=none
concur put large
expect_status 0
before=$(passed)
restart_replica
caught_up
expect_passed_at_most $((3 * MiB)) "$before"

# An append of more than rides beside its record.
crash server2
head -c 300000 /dev/urandom >here/added
standard_input=here/added concur append large
expect_status 0
cat here/added >>here/large
before=$(passed)
restart_replica
caught_up
expect_passed_at_most $((3 * MiB)) "$before"

# A block in front of all others.
crash server2
{ head -c 1M /dev/urandom && cat here/large; } >here/longer
mv here/longer here/large
concur put large
expect_status 0
before=$(passed)
restart_replica
caught_up
expect_passed_at_most $((3 * MiB)) "$before"
