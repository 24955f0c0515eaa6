#!/usr/bin/env bash
# lock PATH -- COMMAND runs it under the lock, as flock(1): renewed while it runs, given back behind it, its status ours.
# The quoted commands are for shells of their own.
# shellcheck disable=SC2016
. "$(dirname "$0")/../cluster.sh"
start_all server2

concur lock job -- sh -c 'cat >/dev/null; echo "token $CONCUR_LOCK_TOKEN"; echo told >&2; exit 7'
expect_status 7
expect_output_like 'token [0-9]*'
expect_errors told
concur check job
expect_status 0
expect_output 'check job  free'
concur lock job -- sh -c 'kill -TERM $$'
expect_status 143
concur lock job -- no-such-command
expect_status 127
expect_errors 'ERROR USAGE no-such-command: there is no such command'
concur check job
expect_output 'check job  free'

# Commands of the holder's change what it holds; others wait for its end.
export CONCUR="node ${file_of[client]}"
CONCUR_SERVER=${address_of[server1]} begin_concur --client-id cron@home lock job --ttl 2s -- \
  sh -c 'sleep 6; echo done | $CONCUR write job --fence "$CONCUR_LOCK_TOKEN"'
holder=$client
is_held() {
  concur check job --client-id bob@desk
  [ "$status" -eq 1 ]
}
within 10 is_held
# Longer than the lock lasts: it was renewed.
sleep 4
is_held || mismatch 'the lock to be renewed'
concur --client-id bob@desk lock job --wait 20s -- sh -c '$CONCUR cat job; $CONCUR write job bob'
expect_status 0
grep -q '^done$' stdout || mismatch 'what the first command wrote'
client=$holder
end_concur
expect_status 0
expect_everywhere job bob server1 server2

# A signal is the command's, and the lock is given back.
begin_concur lock job -- sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
within 10 is_held
sleep 0.5
kill -TERM "$client"
end_concur
expect_status 9
concur check job
expect_output 'check job  free'

# The coordinator may go and come back meanwhile: the lock is the same.
begin_concur lock job --ttl 2s -- sleep 5
within 10 is_held
crash server1
sleep 2
start_coordinator server1
end_concur
expect_status 0
expect_no_errors
concur log job -n 1 --json
expect_json_lines 'lines[0].type === "unlock" && lines[0].client !== null'
within 10 is_state server2 up

# A lock that is lost meanwhile is told, and is status 2 whatever the command says.
begin_concur lock job --ttl 2s -- sleep 4
within 10 is_held
concur unlock job --steal --client-id bob@desk
expect_status 0
end_concur
expect_status 2
expect_errors_like 'ERROR STALE_TOKEN job: the lock with the token * is over; *bob@desk stole the lock *' \
  'the command goes on without the lock of job'

# What another holds is not run.
concur lock job --client-id bob@desk
concur lock job --json -- touch "$folder/ran"
expect_status 2
expect_no_output
expect_nowhere ran .
grep -q '"code":"LOCKED"' stderr || mismatch 'LOCKED in JSON on standard error'
