#!/usr/bin/env bash
# Which server is asked: --server before CONCUR_SERVER, that before the config file. Of several the first that answers,
# 2 s for each; one that is silent costs those 2 s, and no more.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_server coordinator server1
start_server coordinator server2
one=${address_of[server1]} two=${address_of[server2]}

# answers NAME [OPTION…]
answers() {
  NAME=$1
  export NAME
  shift
  concur status --json "$@"
  expect_status 0
  expect_json 'coordinator.name === process.env.NAME'
}

printf '{ "//": "mine", "server": ["%s"] }' "$one" >config/concur/config.json
export CONCUR_SERVER=
answers server1
CONCUR_SERVER=$two answers server2
CONCUR_SERVER=$two answers server1 --server "$one"
printf '{ "server": "%s" }' "$two" >other.json
answers server2 --config ../other.json
answers server2 --server "127.0.0.1:1,$two"
answers server1 --server 127.0.0.1:1 --server "$one"
CONCUR_SOMETHING_ELSE=x CONCUR_JSON=1 concur stat file1.txt
expect_status 0
expect_json 'verdict === "SINGLE_FILE"'

pause server1
begun=$(now_ms)
answers server2 --server "$one,$two"
took=$(($(now_ms) - begun))
if [ $took -lt 1900 ] || [ $took -gt 5000 ]; then mismatch "2 s for the first, not $took ms in all"; fi

printf '{ "colour": "red" }' >config/concur/config.json
concur stat file1.txt
expect_one_sentence USAGE colour config.json
