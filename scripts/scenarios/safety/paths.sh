#!/usr/bin/env bash
# No path names anything outside the root, nor the server's own folder: refused with BAD_PATH before any disk is
# touched, to the client and to nc, by the coordinator and by a replica.
. "$(dirname "$0")/../cluster.sh"
needs nc
canary=do-not-show-7f3a
mkdir -p server1/folder server2/folder
printf '%s' $canary | tee canary server1/folder/file server2/folder/file >/dev/null
printf '%s' $canary >server1/folder/..canary
start_replica server2 --text
start_coordinator server1
long_part=$(printf 'a%.0s' {1..256})
long_path=$(printf 'abcdefg/%.0s' {1..512})x

bad=(.. . ./canary ../canary folder/../../canary folder/../folder/file folder/.. folder/. folder/./file folder//file
  "$folder/canary" /etc/passwd / // //etc/passwd folder// '' "$long_part" "$long_path"
  .concur .concur/ .concur/node.json .concur/lock .CONCUR/node.json .Concur/index .cOnCuR
  $'\x01' $'a\x1fb' $'a\x7f' $'a\tb' $'folder\n/file' $'canary\r')
concur get -- "${bad[@]}"
expect_status 2
expect_no_output
[ "$(grep -c '^ERROR BAD_PATH ' stderr)" -eq "${#bad[@]}" ] || mismatch "${#bad[@]} lines of ERROR BAD_PATH"
expect_nothing_here
concur get -r -- .. .concur
expect_status 2
expect_nothing_here
for path in .. .concur /etc; do
  concur ls "$path"
  expect_status 2
  expect_no_output
  expect_errors_like "ERROR BAD_PATH *"
done

# The error of a program has the shape of every read.
concur stat ../canary --json
expect_status 2
expect_json 'verdict === "ERROR" && path === "../canary" && error.code === "BAD_PATH" && same(versions, [])' \
  'same(details, {}) && same(missing, []) && same(unreachable, []) && lock === null && lastOp === null'

# As bytes: what argv cannot hold as well.
for path in '..' '../canary' 'folder/../../canary' "$folder/canary" '/etc/passwd' '.concur/node.json' '.CONCUR/lock' \
  '\x01' 'a\x00b' 'canary\x00' '\xff' 'folder/\xc0\xae\xc0\xae/canary' '\xed\xa0\x80' ' ' "$long_path"; do
  ask_in_text server1 "$path\n"
  expect_output_without_end 'ERROR|*[a-z]*'
  ask_in_text server2 "$path\n"
  expect_bytes 'FILE_NOT_FOUND'
done

# The server's own folder is in no listing, and the same name further down is a name as any other.
mkdir server1/folder/.concur server2/folder/.concur
printf 'mine' | tee server1/folder/.concur/file >server2/folder/.concur/file
concur get folder/.concur/file
expect_status 0
expect_never_shown $canary
concur ls -R
expect_status 0
expect_output '= folder/' '+ folder/..canary' '= folder/.concur/' '= folder/.concur/file' '= folder/file'
