#!/usr/bin/env bash
# Wall clocks jump by an hour, a day and a year, to and fro, on one node, on the other, and on both: a lease ends neither
# early nor late by more than a tenth, nothing goes from history before its time, and changes go on.
. "$(dirname "$0")/../cluster.sh"
needs faketime
library=$(ls /usr/lib/*/faketime/libfaketime.so.1)

# start_with_a_clock COMMAND NAME [OPTION…]: the server's wall clock is what its file says.
start_with_a_clock() {
  local command=$1 name=$2
  shift 2
  [ -e "clock-$name" ] || echo '+0' >"clock-$name"
  with=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$folder/clock-$name" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
  "$command" "$name" "$@"
  # What server-processes.sh starts a server with.
  # shellcheck disable=SC2034
  with=()
}

start_with_a_clock start_replica server2
start_with_a_clock start_coordinator server1 --history 90s
for content in one two three; do concur write kept "$content"; done
concur rm kept

# jump_on NODE…: all jumps, one each 300 ms, as long as anybody waits for bob.
jump_on() {
  local offset name
  while is_running "$client"; do
    for offset in +3600 -3600 +86400 -86400 +31536000 -31536000 +0; do
      for name; do echo "$offset" >"clock-$name"; done
      sleep 0.3
    done
  done
}

lease_ms=6000
for nodes in server1 server2 'server1 server2'; do
  concur --client-id ann@laptop lock x --ttl "${lease_ms}ms"
  expect_status 0
  begun=$(now_ms)
  begin_concur --client-id bob@desk lock x --wait 20s
  # The words are nodes.
  # shellcheck disable=SC2086
  jump_on $nodes &
  background+=($!)
  wait "$client"
  took=$(($(now_ms) - begun))
  if [ "$took" -lt $((lease_ms * 9 / 10)) ] || [ "$took" -gt $((lease_ms * 11 / 10)) ]; then
    fail "while clocks jumped on $nodes a lease of $lease_ms ms lasted $took ms"
  fi
  wait "${background[-1]}"
  concur --client-id bob@desk unlock x
  concur write "after $nodes" x
  expect_status 0
  expect_everywhere "after $nodes" 'x' server1 server2
done

# A year ahead, and started anew.
for name in server1 server2; do echo '+31536000' >"clock-$name"; done
stop server1
stop server2
start_with_a_clock start_replica server2
start_with_a_clock start_coordinator server1 --history 90s
within 10 is_state server2 up
for name in server1 server2; do expect_logged "$name" "\"time\":\"$(date -u -d '+1 year' +%Y)-"; done
sleep 3
concur history kept --json
expect_status 0
expect_json_lines 'lines.length === 3' 'lines.every(({ nodes }) => same(nodes, ["server1", "server2"]))'
concur restore kept
expect_status 0
expect_everywhere kept 'three' server1 server2
