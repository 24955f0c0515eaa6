#!/usr/bin/env bash
# A value that cannot work is refused at start: one sentence with the option, the value and what is allowed; exit
# status 2. Nothing was made on the disk.
. "$(dirname "$0")/../cluster.sh"
touch a-file
echo '{"root": "server1", "colour": "red"}' >unknown-key.json
echo '{"root": "server1", "name": 7}' >wrong-type.json
echo '{"root": "server1"' >no-json.json
echo '["root"]' >no-object.json
long=abcdefghijklmnopqrstuvwxyz1234567

# refused WORD… -- OPTION…: in a sentence with these words.
refused() {
  local -a words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  try_server "$program" "$@"
  expect_one_sentence "${words[@]}"
}

program=coordinator
refused --root -- --listen 127.0.0.1:0
refused --root no-such-folder -- --root no-such-folder
refused --root a-file -- --root a-file
refused --root -- --root ''
refused --root -- --root
refused --nonsense -- --root server1 --nonsense 1
refused word -- --root server1 word
refused --name Server_1 a-z -- --root server1 --name Server_1
refused --name $long 32 -- --root server1 --name $long
refused --listen nonsense HOST:PORT -- --root server1 --listen nonsense
refused --listen 127.0.0.1:99999 65535 -- --root server1 --listen 127.0.0.1:99999
refused --connections-max many -- --root server1 --connections-max many
refused --connections-max 0 -- --root server1 --connections-max 0
refused --log-level loud info -- --root server1 --log-level loud
refused --text -- --root server1 --text=perhaps
refused --config no-such-file.json -- --config no-such-file.json
refused colour unknown-key.json -- --config unknown-key.json
refused name 7 wrong-type.json -- --config wrong-type.json
refused no-json.json -- --config no-json.json
refused no-object.json -- --config no-object.json
refused --read-timeout 5 ms -- --root server1 --read-timeout 5
refused --read-timeout 1.5s -- --root server1 --read-timeout 1.5s
refused --read-timeout 0s -- --root server1 --read-timeout 0s
refused --heartbeat-timeout -1s -- --root server1 --heartbeat-timeout -1s
refused --replica server2 NAME=HOST:PORT -- --root server1 --replica server2
refused --replica Two=127.0.0.1:1 a-z -- --root server1 --replica Two=127.0.0.1:1
refused --replica server2=127.0.0.1:0 -- --root server1 --replica server2=127.0.0.1:0
refused --replica server2 -- --root server1 --replica server2=127.0.0.1:1 --replica server2=127.0.0.1:2
refused --replica server1 -- --root server1 --name server1 --replica server1=127.0.0.1:1
refused --heartbeat -- --root server1 --heartbeat 1s

program=replica
refused --root -- --listen 127.0.0.1:0
refused --root no-such-folder -- --root no-such-folder
refused --nonsense -- --root server1 --nonsense 1
refused --listen nonsense HOST:PORT -- --root server1 --listen nonsense
refused colour unknown-key.json -- --config unknown-key.json
refused --heartbeat soon -- --root server1 --heartbeat soon
refused --coordinator 127.0.0.1:0 -- --root server1 --coordinator 127.0.0.1:0
refused --replica -- --root server1 --replica server2=127.0.0.1:1

[ -z "$(ls -A server1)" ] || mismatch "nothing in the root, not: $(ls -A server1)"
