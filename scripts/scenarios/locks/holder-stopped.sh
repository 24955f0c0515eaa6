#!/usr/bin/env bash
# A holder's process is stopped for three leases, in the middle of what it writes; the lock goes to another, and the holder is
# woken, believing that it has it: nothing that it writes then is taken. Ten times.
# The quoted commands are for shells of their own.
# shellcheck disable=SC2016
. "$(dirname "$0")/../cluster.sh"
needs setsid ps
start_all server2
export CONCUR="node ${file_of[client]}"
export CONCUR_SERVER=${address_of[server1]}

begun() {
  [ -e "$folder/begun" ]
}

for cycle in 1 2 3 4 5 6 7 8 9 10; do
  rm -f "$folder/begun"
  # Half of what is written has left before it is stopped, in every second cycle.
  if [ $((cycle % 2)) -eq 0 ]; then
    write='{ head -c 200000 /dev/zero; : >"$BEGUN"; sleep 1; echo late; } | $CONCUR write x'
  else
    write=': >"$BEGUN"; sleep 1; $CONCUR write x late --fence "$CONCUR_LOCK_TOKEN"'
  fi
  BEGUN=$folder/begun setsid node "${file_of[client]}" --client-id ann@laptop lock x --ttl 1s -- sh -c "$write" \
    >holder.out 2>holder.err </dev/null &
  holder=$!
  background+=("$holder")
  within 10 begun
  group=$(ps -o pgid= -p "$holder" | tr -d ' ')
  sleep 0.2
  kill -STOP -- "-$group"
  sleep 3
  concur --client-id bob@desk lock x --wait 5s
  expect_status 0
  concur --client-id bob@desk write x "cycle $cycle"
  expect_status 0
  kill -CONT -- "-$group"
  within 20 not is_running "$holder"
  status=0
  wait "$holder" || status=$?
  [ "$status" -eq 2 ] || fail "in cycle $cycle the holder ended with $status:" "$(<holder.out)" "$(<holder.err)"
  grep -qE 'STALE_TOKEN|LOCKED' holder.err || fail "in cycle $cycle it was not refused:" "$(<holder.err)"
  concur --client-id bob@desk unlock x
  expect_everywhere x "cycle $cycle" server1 server2
done
