#!/usr/bin/env bash
# Files that lay in one folder before reach a new, empty node by one command; it can be tried, broken off, and taken back.
. "$(dirname "$0")/../cluster.sh"
files=${FILES:-10000}
letters=({a..t})
mkdir -p server1/{a..t}/empty
for ((number = 0; number < files; number++)); do
  printf 'file %d' "$number" >"server1/${letters[number % 20]}/$number"
done
printf 'a person wrote this' >server2/own
ln -s nowhere server1/link
start_all server2

# status says what to do, once the files are counted.
status_says_so() {
  concur status
  grep -qx 'next: bring files that some nodes lack to all: concur resolve --all --keep server1 --dry-run' stdout
}
within 20 status_says_so

concur resolve --all --keep server1 --dry-run
expect_status 1
expect_nowhere a/0 server2
tail -n 1 stdout >last && mv last stdout
expect_output_like "resolve --all would make * paths, * KiB, what server1 has"
expect_errors_like 'left link: server1 has no file or folder there' 'left own: server1 has no file or folder there'

# A pattern: names anywhere, or a folder.
concur resolve --all 'b/' --keep server1
expect_status 0
expect_file server2/b/1 'file 1'
expect_nowhere a/0 server2

# Broken off in the middle, and once more.
begin_concur resolve --all --keep server1
sleep 1
kill -INT "$client"
wait "$client" || true
concur resolve --all --keep server1
expect_status 1
expect_errors_like 'left link: *' 'left own: *'
rm server1/link
concur resolve --all --keep server2
expect_status 0
expect_everywhere own 'a person wrote this' server1 server2
concur verify
expect_status 0
expect_same_trees server1 server2
[ "$(find server2 -path server2/.concur -prune -o -type f -print | wc -l)" -eq $((files + 1)) ] || fail 'not all files'
