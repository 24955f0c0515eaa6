#!/usr/bin/env bash
# rm deletes on every node; a folder only with -r, what is not there only with -f.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a.txt 'a'
concur write folder/deep/inside 'inside'

concur rm a.txt
expect_status 0
expect_output_like 'rm a.txt  seq [0-9]*  copies 2 of 2' 'undo: concur *'
expect_nowhere a.txt server1 server2
concur get a.txt
expect_status 2
expect_errors_like 'ERROR NOT_FOUND a.txt: *'

concur rm a.txt
expect_status 2
expect_errors 'ERROR NOT_FOUND a.txt: not on server1, not on server2'
concur rm -f a.txt --json
expect_status 0
expect_json 'ok'

concur rm folder
expect_status 2
expect_errors 'ERROR IS_DIRECTORY folder: it is a folder; rm -r deletes it with all that is below'
expect_everywhere folder/deep/inside 'inside' server1 server2
concur rm -r folder
expect_status 0
expect_nowhere folder server1 server2

# What nobody put there through us stays, and is counted.
concur write folder/ours 'ours'
printf 'mine' >server2/folder/mine
concur rm -r folder
expect_status 0
expect_nowhere folder server1
expect_file server2/folder/mine 'mine'
expect_nowhere folder/ours server2
