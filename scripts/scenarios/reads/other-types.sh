#!/usr/bin/env bash
# A file here, a folder or a link there: the copies differ, and the answer names the types. Where no server has a file
# there is nothing to read.
. "$(dirname "$0")/../cluster.sh"
printf 'text' | tee server1/folder-there server1/link-there >server2/folder-here
mkdir server2/folder-there server1/folder-here server1/folder-and-link
ln -s /etc/passwd server2/link-there
ln -s . server2/folder-and-link
start_replica server2
start_coordinator server1

concur get folder-there
expect_status 1
expect_output_like 'DIFFERENT_FILES folder-there  2 versions*' '  server1  4 B *saved as folder-there.server1' '  server2  folder*'
expect_here folder-there.server1

concur get folder-here link-there --json
expect_status 1
expect_json_lines \
  'lines.every(({ verdict, versions }) => verdict === "DIFFERENT_FILES" && versions.length === 2)' \
  'same(lines[0].versions.map(({ type }) => type), ["folder", "file"])' \
  'same(lines[0].versions.map(({ savedAs }) => savedAs), [null, "folder-here.server2"])' \
  'same(lines[1].versions.map(({ type }) => type), ["file", "other"])' \
  'lines[0].versions[0].digest === null && lines[0].versions[0].size === null'

concur get folder-and-link
expect_status 2
expect_errors_like 'ERROR NOT_A_FILE folder-and-link: *server1*server2*'

concur ls
expect_status 1
expect_output_like '[*] folder-and-link*' '[*] folder-here*' '[*] folder-there*' '[*] link-there*'
expect_never_shown root:
