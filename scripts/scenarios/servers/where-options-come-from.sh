#!/usr/bin/env bash
# An option counts before the environment, that before the config file, that before the default. In the config file
# "//" is a comment and "replica" an object. Variables of other programs are ignored.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
cat >server.json <<END
{
  "//": "a comment",
  "root": "server1",
  "name": "from-config",
  "listen": "127.0.0.1:0",
  "replica": { "//": "another", "server2": "${address_of[server2]}" },
  "text": false
}
END

# started_as NAME: what the server calls itself.
started_as() {
  local port
  within 10 has_said_listening server1
  port=$(sed -nE '/"msg":"listening"/s/.*"port":([0-9]+).*/\1/p' "${log_of[server1]}")
  concur --server "127.0.0.1:$port" status --json
  expect_status 0
  NAME=$1 expect_json 'coordinator.name === process.env.NAME' 'same(replicas.map(({ name }) => name), ["server2"])'
  stop server1
  expect_status 0
}

export CONCUR_SOMETHING_ELSE=1
launch coordinator server1 --config server.json
started_as from-config
CONCUR_NAME=from-environment launch coordinator server1 --config server.json
started_as from-environment
CONCUR_NAME=from-environment launch coordinator server1 --config server.json --name from-option
started_as from-option
CONCUR_CONFIG=server.json launch coordinator server1
started_as from-config
CONCUR_ROOT=server1 CONCUR_LISTEN=127.0.0.1:0 CONCUR_NAME=all CONCUR_REPLICA="server2=${address_of[server2]}" CONCUR_TEXT=0 \
  launch coordinator server1
started_as all

# A refusal says where the value stood.
status=0
CONCUR_READ_TIMEOUT=soon try_server coordinator --root server1 --listen 127.0.0.1:0
expect_one_sentence CONCUR_READ_TIMEOUT soon
CONCUR_TEXT=perhaps try_server coordinator --root server1 --listen 127.0.0.1:0
expect_one_sentence CONCUR_TEXT perhaps

# Without --name it is the host's short name; two of the default do not meet, because each root has one server.
launch coordinator server1 --root server1 --listen 127.0.0.1:0 --replica "server2=${address_of[server2]}"
host=$(uname -n)
host=${host%%.*}
started_as "${host,,}"
