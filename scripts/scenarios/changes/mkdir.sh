#!/usr/bin/env bash
# mkdir makes a folder on every node; those above it only with -p, and then it may be there.
. "$(dirname "$0")/../cluster.sh"
start_all server2

concur mkdir folder
expect_status 0
expect_output_like 'mkdir folder  seq [0-9]*  copies 2 of 2' 'undo: concur *'
for name in server1 server2; do expect_tree "$name" folder/; done
concur mkdir folder
expect_status 2
expect_errors_like 'ERROR ALREADY_EXISTS folder: *'
concur mkdir -p folder
expect_status 0

concur mkdir a/b/c
expect_status 2
expect_errors_like 'ERROR NOT_FOUND a/b/c: *'
expect_nowhere a server1 server2
concur mkdir -p a/b/c
expect_status 0
for name in server1 server2; do expect_tree "$name" a/ a/b/ a/b/c/ folder/; done

concur write file 'x'
concur mkdir file
expect_status 2
expect_errors_like 'ERROR ALREADY_EXISTS file: *'
concur mkdir -p file/below
expect_status 2
expect_errors_like 'ERROR NOT_DIRECTORY *'
