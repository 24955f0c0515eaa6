#!/usr/bin/env bash
# Links are never followed, wherever they point: outside the root, to another file inside, at the end of a path or in
# its middle. What lies behind them appears in no answer.
. "$(dirname "$0")/../cluster.sh"
needs nc
canary=do-not-show-91c4
mkdir outside
printf '%s' $canary >outside/canary
for node in server1 server2; do
  mkdir $node/folder
  printf '%s' $canary >$node/folder/inside
  ln -s "$folder/outside/canary" $node/absolute
  ln -s ../outside/canary $node/relative
  ln -s "$folder/outside" $node/there
  ln -s ../../outside $node/folder/up
  ln -s folder/inside $node/within
  ln -s folder $node/folder-within
  ln -s . $node/itself
  ln -s nowhere $node/dangling
  ln -s loop $node/loop
  ln -s /proc/self/root $node/magic
done
start_replica server2 --text
start_coordinator server1

links=(absolute relative there folder/up within folder-within itself dangling loop magic)
behind=(there/canary folder/up/canary folder-within/inside itself/folder/inside magic/etc/passwd loop/x)
for path in "${behind[@]}"; do
  concur get "$path"
  expect_status 2
  expect_no_output
  expect_errors_like "ERROR NOT_A_FILE $path: *"
done
concur get "${links[@]}"
expect_status 2
expect_no_output
[ "$(grep -c '^ERROR NOT_A_FILE ' stderr)" -eq ${#links[@]} ] || mismatch 'NOT_A_FILE for all of them'
expect_nothing_here
for path in "${links[@]}" "${behind[@]}"; do
  ask_in_text server1 "$path\n"
  expect_output_without_end 'ERROR|*[a-z]*'
  ask_in_text server2 "$path\n"
  expect_bytes 'FILE_NOT_FOUND'
done

# They are listed as what they are, and a folder is fetched without them.
concur ls --json
expect_json_lines 'lines.length === 10 && lines.filter(({ type }) => type === "other").length === 9'
concur ls there
expect_output '! there'
for path in there/ there/canary; do
  concur ls $path
  expect_status 2
  expect_no_output
done
rm server1/folder/inside server2/folder/inside
printf 'plain' | tee server1/folder/file >server2/folder/file
concur get -r folder
expect_status 0
[ "$(ls -A here/folder)" = file ] || mismatch 'only the file in here/folder'
expect_never_shown $canary
expect_never_shown root:

# Where one node has a folder and the other a link, a listing of what is in it says no less than a read.
mkdir server1/odd
printf 'k' >server1/odd/k
ln -s folder server2/odd
concur ls odd/k
expect_status 1
expect_output '* odd/k'
concur verify odd/k
expect_status 1
concur get odd/k
expect_status 1
