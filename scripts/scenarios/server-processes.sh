#!/usr/bin/env bash
# The servers of a scenario as processes: started, stopped, killed, paused, each by its own process id.
# Part of cluster.sh, which loads it.
# shellcheck disable=SC2034,SC2154

# By server name: process id, address, log of the latest start.
declare -A pid_of=() address_of=() log_of=()
replicas=()
starts=0

# Words that stand before `node` where a server is started.
with=()

# start_replica NAME [OPTION…]
start_replica() {
  [[ " ${replicas[*]} " == *" $1 "* ]] || replicas+=("$1")
  start_server replica "$@"
}

# start_coordinator NAME [OPTION…]: it is told of every replica that was started.
start_coordinator() {
  local name=$1 replica
  shift
  local -a of_replicas=()
  for replica in "${replicas[@]}"; do of_replicas+=(--replica "$replica=${address_of[$replica]}"); done
  start_server coordinator "$name" "${of_replicas[@]}" "$@"
}

# start_server coordinator|replica NAME [OPTION…]: returns when it says that it is listening.
start_server() {
  local program=$1 name=$2 log
  shift 2
  launch "$program" "$name" --name "$name" --root "$name" --listen "${address_of[$name]:-127.0.0.1:0}" "$@"
  within 10 has_said_listening "$name"
  log=${log_of[$name]}
  address_of[$name]=127.0.0.1:$(sed -nE '/"msg":"listening"/s/.*"port":([0-9]+).*/\1/p' "$log")
}

# launch PROGRAM NAME [OPTION…]: starts a server with these options only, and does not wait for it.
launch() {
  local program=$1 name=$2
  shift 2
  starts=$((starts + 1))
  log_of[$name]=logs/$name.$starts
  : >"logs/$name.$starts"
  "${with[@]}" node "${file_of[$program]}" "$@" >"logs/$name.$starts.out" 2>"logs/$name.$starts" </dev/null &
  pid_of[$name]=$!
}

# try_server PROGRAM OPTION…: one that is expected to refuse. Sets status; what it said lies in ./stdout and ./stderr.
try_server() {
  command_line="concur-$*"
  status=0
  timeout --foreground 10 node "${file_of[$1]}" "${@:2}" >stdout 2>stderr </dev/null || status=$?
  remember_output
}

has_said_listening() {
  grep -q '"msg":"listening"' "${log_of[$1]}" && return
  is_running "${pid_of[$1]}" || fail "$1 did not start:" "$(<"${log_of[$1]}")"
  return 1
}

is_running() {
  kill -0 "$1" 2>/dev/null
}

# stop NAME: as systemd does it. Sets status to its exit status.
stop() {
  kill -TERM "${pid_of[$1]}"
  await_end "$1"
}

# crash NAME: kill -9. The address stays its own for a new start.
crash() {
  kill -KILL "${pid_of[$1]}"
  await_end "$1"
}

# pause NAME, resume NAME: it stays connected and answers nothing in between.
pause() {
  kill -STOP "${pid_of[$1]}"
}

resume() {
  kill -CONT "${pid_of[$1]}"
}

# await_end NAME: a server that was told to stop has 5 s.
await_end() {
  local name=$1 pid=${pid_of[$1]}
  within 5 not is_running "$pid"
  status=0
  wait "$pid" 2>/dev/null || status=$?
  unset "pid_of[$name]"
}
