#!/usr/bin/env bash
# Machines that are a network and a folder each; their servers are processes of this script. To be sourced.
declare -A server_pid=()

start_machines() {
  local machine
  for machine in "${machines[@]}"; do mkdir -p "$work/$machine/files" "$work/$machine/home"; done
}

stop_machines() {
  local machine
  for machine in "${!server_pid[@]}"; do kill -9 "${server_pid[$machine]}" 2>/dev/null; done
  wait
}

files_of() {
  echo "$work/$1/files"
}

# as_person MACHINE COMMAND
as_person() {
  local home=$work/$1/home
  (cd "$home" && ip netns exec "$(network_of "$1")" env -i PATH="$work/bin:$PATH" HOME="$home" bash -c "$2")
}

install_all() {
  mkdir -p "$work/bin"
  ln -s "$checkout/dist/client.cjs" "$work/bin/concur"
  ln -s "$checkout/dist/coordinator.js" "$work/bin/concur-coordinator"
  ln -s "$checkout/dist/replica.js" "$work/bin/concur-replica"
  typed server1 "concur-coordinator init --dir keys --node server1=${address_of[server1]} --node server2=${address_of[server2]}" >/dev/null || return 1
  local machine
  for machine in "${machines[@]}"; do
    mkdir -p "$work/$machine/home/.config/concur"
    cp "$work/server1/home/keys/$machine"/* "$work/$machine/home/.config/concur/"
  done
  cat >"$work/client/home/.config/concur/config.json" <<EOF
{"server": "${address_of[server1]}:6001,${address_of[server2]}:6002",
 "token-file": "$work/client/home/.config/concur/token", "tls-ca": "$work/client/home/.config/concur/tls-ca.pem"}
EOF
  start_server server2 && start_server server1
}

# start_server MACHINE [OPTION…]: returns when it answers.
start_server() {
  local machine=$1 keys=$work/$1/home/.config/concur program=replica port=6002 more=("${@:2}")
  [ "$machine" != server1 ] || { program=coordinator port=6001 && more+=(--replica "server2=${address_of[server2]}:6002"); }
  ip netns exec "$(network_of "$machine")" node "$checkout/dist/$program.js" --root "$(files_of "$machine")" \
    --name "$machine" --listen "${address_of[$machine]}:$port" --token-file "$keys/token" --tls-cert "$keys/tls-cert.pem" \
    --tls-key "$keys/tls-key.pem" --tls-ca "$keys/tls-ca.pem" ${more[@]+"${more[@]}"} 2>"$work/$machine/log" &
  server_pid[$machine]=$!
  local i
  for ((i = 0; i < 100; i++)); do
    [ -f "$work/$machine/log" ] && grep -q '"msg":"listening"' "$work/$machine/log" && return
    sleep 0.1
  done
  cat "$work/$machine/log"
  return 1
}

stop_server() {
  kill "${server_pid[$1]}" 2>/dev/null
  wait "${server_pid[$1]}" 2>/dev/null
}

# The process dies, and whoever looks after it starts it again.
kill_server() {
  kill -9 "${server_pid[$1]}"
  wait "${server_pid[$1]}" 2>/dev/null
  start_server "$1"
}

reboot_machine() {
  kill_server "$1"
}
