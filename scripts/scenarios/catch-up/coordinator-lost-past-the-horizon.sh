#!/usr/bin/env bash
# The coordinator's folder is lost, and the replica's journal does not go back to the beginning any more. Taking that over is
# refused, and nothing was done; the replica's folder goes on as the coordinator's, and the lost node gets everything.
. "$(dirname "$0")/../cluster.sh"
start_replica server2
start_coordinator server1 --journal-keep 5
within 10 is_state server2 up
concur write first 'the first'
expect_status 0
concur write deleted 'gone'
expect_status 0
concur rm deleted
expect_status 0
head -c 60000 /dev/urandom >here/filling
for _ in $(seq 60); do
  concur put filling
  expect_status 0
done
within 10 test -e server2/.concur/journal/begin

crash server1
rm -rf server1
mkdir server1
start_coordinator server1 --accept-journal server2
concur status --json
expect_json 'coordinator.state === "refusing-changes"' 'coordinator.reason.includes("over the folder of server2")'
concur write never 'never'
expect_status 2
[ -z "$(ls server1)" ] || fail "in server1: $(ls server1)"
stop server1
stop server2

rm -rf server1
mkdir server1
# shellcheck disable=SC2034
replicas=()
start_replica server1
start_coordinator server2 --replace server1
# shellcheck disable=SC2154
export CONCUR_SERVER=${address_of[server2]}
within 10 is_state server1 up
expect_file server1/first 'the first'
expect_same_file server2/filling server1/filling
[ ! -e server1/deleted ] || fail 'what was deleted came back'
concur verify
expect_status 0
concur write first 'goes on'
expect_output_like '*copies 2 of 2*' 'undo: concur *'
expect_file server1/first 'goes on'
