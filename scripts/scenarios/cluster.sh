#!/usr/bin/env bash
# What every scenario begins with: a temporary folder of its own, servers that listen on free ports, the client, and
# an end at which nothing stays behind. The folder is the working folder; a server's root in it has the server's name
# (./server1), the client works in ./here.
#
#   server1 is the coordinator and server2, server3 are replicas; replicas are started first, because port 0 lets the
#   system choose and the coordinator must know. A server that is started again gets its old port.
#
# Servers are started and ended by server-processes.sh; what is expected of an answer, expect.sh says; small-disks.sh has
# roots that can be filled.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scenario=$(basename "$0" .sh)
scenario_file=$(realpath "$0")

# shellcheck source=server-processes.sh
. "$repository/scripts/scenarios/server-processes.sh"
# shellcheck source=expect.sh
. "$repository/scripts/scenarios/expect.sh"
# shellcheck source=small-disks.sh
. "$repository/scripts/scenarios/small-disks.sh"

# bin_of NAME: the file of a program of the package, as it was built.
bin_of() {
  sed -nE 's|^ *"'"$1"'": "(dist/[^"]+)",?$|'"$repository"'/\1|p' "$repository/package.json"
}

# program → file.
declare -A file_of=([client]=$(bin_of concur) [coordinator]=$(bin_of concur-coordinator) [replica]=$(bin_of concur-replica))

# Nothing of the person who runs this may matter: no options from the environment, no config file, no colour.
while IFS= read -r variable; do unset "$variable"; done < <(compgen -v CONCUR_ || true)
unset FORCE_COLOR
export LC_ALL=C.UTF-8 NO_COLOR=1

folder=$(mktemp -d "${TMPDIR:-/tmp}/concur-$scenario-XXXXXX")
trap 'clean_up $?' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP
trap 'exit 141' PIPE
cd "$folder"
mkdir server1 server2 server3 here logs
export XDG_CONFIG_HOME=$folder/config
mkdir -p config/concur
echo '{}' >config/concur/config.json

# Process ids of what else runs beside the scenario.
background=()
in_memory=

clean_up() {
  local ended_with=$1 name pid
  trap - EXIT
  set +e
  for pid in "${pid_of[@]}" "${background[@]}"; do
    kill -CONT "$pid"
    kill -KILL "$pid"
    wait "$pid"
  done 2>/dev/null
  if [ "$ended_with" -ne 0 ]; then
    for name in "${!log_of[@]}"; do
      echo "-- last lines of $name's log:"
      tail -n 8 "$folder/${log_of[$name]}"
    done
  fi
  cd / || exit 1
  unmount_small_disks
  chmod -R u+rwX "$folder" 2>/dev/null
  rm -rf "$folder" ${in_memory:+"$in_memory"}
  exit "$ended_with"
}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# needs PROGRAM…: without it the scenario is skipped; in CI that is a failure.
needs() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}

# skip REASON. The runner knows a skipped scenario by its exit status.
skip() {
  echo "$1"
  [ "${CI:-}" = true ] && exit 1
  exit 77
}

now_ms() {
  echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# within SECONDS COMMAND…: repeats COMMAND until it succeeds; fails the scenario after SECONDS.
within() {
  local seconds=$1 give_up
  shift
  give_up=$(($(now_ms) + seconds * 1000))
  until "$@"; do
    [ "$(now_ms)" -lt "$give_up" ] || fail "not within $seconds s: $*"
    sleep 0.02
  done
}

# not COMMAND…: for use with `within`.
not() {
  ! "$@"
}

# sample_files: the four reads of the README. The times are set, so that a person would be told "3 min ago".
sample_files() {
  cp -r "$repository/fixtures/trees/." .
  touch -d '3 minutes ago' server1/*
  touch -d '1 hour ago' server2/*
}

# concur ARGUMENT…: the client, in ./here, asking server1 unless CONCUR_SERVER or --server says otherwise. Sets status;
# what it printed lies in ./stdout and ./stderr. A scenario goes on whatever the status is: expect_status says what it
# should be.
concur() {
  command_line="concur $*"
  status=0
  (
    cd here
    CONCUR_SERVER=${CONCUR_SERVER-${address_of[server1]:-127.0.0.1:1}} exec timeout --foreground 60 node "${file_of[client]}" "$@"
  ) >stdout 2>stderr <"${standard_input:-/dev/null}" || status=$?
  remember_output
}

# begin_concur ARGUMENT…: the same in the background; its process id is in client.
begin_concur() {
  command_line="concur $*"
  (
    cd here
    CONCUR_SERVER=${CONCUR_SERVER-${address_of[server1]:-127.0.0.1:1}} exec node "${file_of[client]}" "$@"
  ) >stdout 2>stderr </dev/null &
  client=$!
  background+=("$client")
}

# end_concur: waits for its end. Sets status.
end_concur() {
  within 20 not is_running "$client"
  status=0
  wait "$client" || status=$?
  remember_output
}

# Everything that any program answered, for expect_never_shown.
remember_output() {
  cat stdout stderr >>everything-shown
}

# ask_in_text NAME REQUEST: nc sends REQUEST (escapes as in printf) and keeps the stream open, as nc and the oldest
# client do. The answer lies in ./stdout.
ask_in_text() {
  local host=${address_of[$1]%:*} port=${address_of[$1]##*:}
  command_line="printf '$2' | nc $host $port"
  status=0
  : >stderr
  printf '%b' "$2" | timeout --foreground 10 nc "$host" "$port" >stdout || status=$?
  [ "$status" -ne 124 ] || fail "$command_line: no end of the answer within 10 s"
  remember_output
}

# roots_in_memory NAME…: in a file system in memory a hole is read without a page of its own, so that reading 1 GiB
# costs the machine no 1 GiB. Where there is none the roots stay on the disk.
roots_in_memory() {
  local name
  in_memory=$(mktemp -d "/dev/shm/concur-$scenario-XXXXXX" 2>/dev/null) || return 0
  for name; do
    rmdir "$name"
    mkdir "$in_memory/$name"
    ln -s "$in_memory/$name" "$name"
  done
}

# make_gibibyte FILE: 1 GiB, mostly zeros that take no space on the disk, and something else in each quarter.
make_gibibyte() {
  local quarter
  truncate -s 1G "$1"
  for quarter in 0 1 2 3; do
    printf 'quarter %s' "$quarter" | dd of="$1" bs=1 seek=$((quarter * 1024 ** 3 / 4 + 12345)) conv=notrunc status=none
  done
}

# measure_client_memory: from here on every client writes its own down, for expect_memory_at_most.
measure_client_memory() {
  export CLIENT_MEMORY_FILE=$folder/client-memory
  export NODE_OPTIONS="--import=$repository/scripts/scenarios/client-memory.mjs"
}

# is_state NAME STATE: what the coordinator's status says of a replica.
is_state() {
  concur status --json
  [ "$status" -eq 0 ] || return 1
  NAME=$1 STATE=$2 node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    const is = replicas.some(({ name, state }) => name === process.env.NAME && state === process.env.STATE)
    process.exit(is ? 0 : 1)'
}

# start_all NAME…: server1 with these replicas, all of which take part in every change.
start_all() {
  local name
  for name; do start_replica "$name"; done
  start_coordinator server1
  for name; do within 10 is_state "$name" up; done
}

# seq_of: the coordinator's latest operation.
seq_of() {
  concur status --json
  node -p 'JSON.parse(require("fs").readFileSync("stdout", "utf8")).coordinator.seq'
}
