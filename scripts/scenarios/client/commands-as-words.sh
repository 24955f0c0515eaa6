#!/usr/bin/env bash
# The first word is the command, whatever commands the others are called like; help is asked for with every command.
. "$(dirname "$0")/../cluster.sh"
start_all server2

concur write get 'content of get'
expect_status 0
concur --ack all mv get stat
expect_status 0
concur mkdir cat
expect_status 0
concur mv stat cat/
expect_status 0
for name in server1 server2; do expect_file "$name/cat/stat" 'content of get'; done

concur get cat/stat -o get
expect_status 0
expect_file here/get 'content of get'
concur cat --quiet -- cat/stat
expect_status 0
expect_output_without_end 'content of get'
concur stat put
expect_status 2
expect_errors_like 'ERROR NOT_FOUND put: *'
concur put get
expect_status 0
expect_output_like 'put get  14 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
concur ls get
expect_status 0
expect_output '= get'

concur get --help
expect_status 0
grep -q '^concur get <PATH..> ' stdout || mismatch 'the help of get'
concur get x --ack all
expect_status 2
expect_errors 'ERROR USAGE: --ack is not an option of get'
concur --ack get x
expect_status 2
expect_errors_like 'ERROR USAGE: "x" is not a command; *'
