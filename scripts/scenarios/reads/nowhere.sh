#!/usr/bin/env bash
# No server has the file, and all of them were asked: an error that says so, for people and for programs.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1

concur get file4.txt
expect_status 2
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1, not on server2'
expect_no_output
expect_nothing_here

concur get file4.txt --json
expect_status 2
expect_no_errors
expect_json \
  'verdict === "ERROR" && path === "file4.txt" && same(versions, [])' \
  'same(missing, ["server1", "server2"]) && same(stale, []) && same(unreachable, [])' \
  'same(Object.keys(details), ["server1", "server2"])' \
  'same(error, { code: "NOT_FOUND", message: "not on server1, not on server2" })'
expect_nothing_here
