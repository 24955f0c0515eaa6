#!/usr/bin/env bash
# Both servers hold the same file: one verdict, both names, and one file saved.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1

concur get file1.txt
expect_status 0
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt'
expect_no_errors
expect_here file1.txt
expect_file here/file1.txt 'Hello!! Identical content test\n'

# The same for a program: every key of the shape is there, unknown is null, none is [].
concur get file1.txt --json
expect_status 0
expect_no_errors
expect_json \
  'same(Object.keys(scope), ["verdict", "path", "versions", "missing", "stale", "unreachable", "details", "error"])' \
  'same(Object.keys(versions[0]), ["digest", "size", "mtime", "type", "nodes", "cause", "note", "checkedAt", "savedAs"])' \
  'verdict === "SINGLE_FILE" && path === "file1.txt" && versions.length === 1' \
  'versions[0].digest === "b3:0ea3a0189c7092cd127bbee633e61da37e1061f5faf2e6abdbd01d167a751d3c"' \
  'versions[0].size === 31 && versions[0].type === "file" && versions[0].savedAs === "file1.txt"' \
  'versions[0].cause === null && versions[0].note === null' \
  'same(versions[0].nodes, ["server1", "server2"])' \
  'same(Object.keys(versions[0].checkedAt), ["server1", "server2"])' \
  '[versions[0].mtime, ...Object.values(versions[0].checkedAt)].every(time => new Date(time).toISOString() === time)' \
  'Math.abs(Date.parse(versions[0].mtime) - (Date.now() - 180_000)) < 60_000' \
  'same(missing, []) && same(stale, []) && same(unreachable, []) && same(details, {}) && error === null'
