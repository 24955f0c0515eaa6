#!/usr/bin/env bash
# For scenarios that count what travels: a relay on the way from the coordinator to server2. Loaded behind cluster.sh.
# shellcheck disable=SC2154
large_mib=${LARGE_MIB:-64}
direct=
relay=

# start_through_relay MIB_PER_SECOND: server2, and server1, which reaches it through a relay of that rate (0: any).
start_through_relay() {
  start_replica server2
  direct=${address_of[server2]}
  put_relay "$1"
  start_coordinator server1
  within 10 is_state server2 up
}

# put_relay MIB_PER_SECOND
put_relay() {
  mkdir relay
  node "$repository/scripts/scenarios/counting-relay.mjs" "${direct##*:}" relay "$1" &
  relay=$!
  background+=("$relay")
  within 10 test -s relay/port
  address_of[server2]=127.0.0.1:$(<relay/port)
}

# restart_replica: at its own address, which is not the one that server1 dials.
restart_replica() {
  local relayed=${address_of[server2]}
  address_of[server2]=$direct
  start_replica server2
  address_of[server2]=$relayed
}

cut_link() {
  kill -USR1 "$relay"
}

# passed: how many bytes have gone towards server2.
passed() {
  cat relay/passed
}

has_passed() {
  [ "$(passed)" -ge "$1" ]
}

# expect_passed_at_most BYTES BEFORE: since so many had.
expect_passed_at_most() {
  local bytes=$(($(passed) - $2))
  echo "passed on towards server2: $bytes bytes, $1 at the most"
  [ "$bytes" -le "$1" ] || fail "$bytes bytes went towards server2, expected at most $1"
}

# large_file FILE: of bytes that are nowhere else.
large_file() {
  head -c "${large_mib}M" /dev/urandom >"$1"
}

# caught_up: server2 has everything.
caught_up() {
  concur wait --timeout 55s
  expect_status 0
  expect_same_file here/large server2/large
}
