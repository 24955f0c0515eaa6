#!/usr/bin/env bash
# restore brings back what a file was: before its last change, behind an operation, or by its digest; a copy, so that what
# it was brought back from stays.
. "$(dirname "$0")/../cluster.sh"
printf 'only on server2' >server2/lonely
printf 'first' >server1/differs
printf 'second' >server2/differs
start_all server2
concur write a.txt 'one'
concur write a.txt 'two'
concur write a.txt 'three'

concur restore a.txt
expect_status 0
expect_everywhere a.txt 'two' server1 server2
concur restore a.txt --json
expect_status 0
expect_json 'ok' 'op.type === "restore"' 'same(applied, ["server1", "server2"])'
expect_everywhere a.txt 'three' server1 server2
concur log a.txt
expect_output_like '*put a.txt*' '*put a.txt*' '*put a.txt*' '*restore a.txt  3 B*' '*restore a.txt  5 B*'
first=$(awk 'NR == 1 { print $1 }' stdout)
concur restore a.txt --at "$first"
expect_everywhere a.txt 'one' server1 server2

# What was never replicated, and what two nodes had differently, is in history as well once it gave way.
concur rm lonely
expect_nowhere lonely server1 server2
concur restore lonely
expect_status 0
expect_everywhere lonely 'only on server2' server1 server2
concur stat differs --json
expect_json 'verdict === "DIFFERENT_FILES"'
second=$(node -p 'JSON.parse(require("fs").readFileSync("stdout")).versions[1].digest')
concur write differs 'one for both'
expect_status 0
concur restore differs --digest "$second"
expect_status 0
expect_everywhere differs 'second' server1 server2

# Nothing is brought back that nobody has, or nobody knows.
concur restore nowhere
expect_status 2
expect_errors 'ERROR NOT_FOUND nowhere: it was never changed through the servers'
concur restore a.txt --at 99999
expect_status 2
expect_errors 'ERROR NOT_FOUND a.txt: there is no operation 99999 yet'
concur restore a.txt --digest "b3:$(printf '0%.0s' {1..64})"
expect_status 2
expect_errors_like 'ERROR NOT_FOUND a.txt: no node has b3:0000* any more'
concur write folder/x 'x'
concur restore folder
expect_status 2
expect_errors 'ERROR IS_DIRECTORY folder: it is a folder; --at says what it is to be again'
concur restore a.txt --at 1 --digest "$second"
expect_one_sentence USAGE --at --digest
expect_everywhere a.txt 'one' server1 server2

# Through the replica; not without its coordinator.
CONCUR_SERVER=${address_of[server2]} concur restore a.txt --if-match "b3:$(printf '0%.0s' {1..64})"
expect_status 2
expect_errors_like 'ERROR PRECONDITION_FAILED a.txt: *'
