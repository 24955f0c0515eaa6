#!/usr/bin/env bash
# write makes or replaces, append extends. Text is taken byte for byte, and no newline is added.
. "$(dirname "$0")/../cluster.sh"
start_all server2

concur write note.txt 'hello'
expect_status 0
expect_output_like 'write note.txt  5 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
expect_everywhere note.txt 'hello' server1 server2
concur append note.txt ' world'
expect_status 0
expect_everywhere note.txt 'hello world' server1 server2
concur write note.txt ''
expect_status 0
expect_everywhere note.txt '' server1 server2
for text in 007 1e3 -5; do
  concur write "$text" "$text"
  expect_everywhere "$text" "$text" server1 server2
done
printf 'from a pipe\n' >input
standard_input=input concur write note.txt
expect_everywhere note.txt 'from a pipe\n' server1 server2
standard_input=input concur append note.txt -
expect_everywhere note.txt 'from a pipe\nfrom a pipe\n' server1 server2

# append wants a file, unless it may make it; what is executable stays so.
concur append nothing 'line\n'
expect_status 2
expect_errors_like 'ERROR NOT_FOUND nothing: *'
expect_nowhere nothing server1 server2
concur append nothing 'line' --create
expect_status 0
expect_everywhere nothing 'line' server1 server2
printf '#!/bin/sh\n' >here/run
chmod 755 here/run
concur put run
concur write run '#!/bin/bash'
concur append run ' -x'
for name in server1 server2; do
  [ -x "$name/run" ] || mismatch "run can still be run on $name"
done
expect_everywhere run '#!/bin/bash -x' server1 server2

# Two who append at once lose no line.
for writer in a b; do
  for at in 1 2 3 4 5 6 7 8; do
    CONCUR_SERVER=${address_of[server1]} node "${file_of[client]}" append lines "$writer$at
" --create >/dev/null || touch failed
  done &
  background+=("$!")
done
wait "${background[@]}"
[ ! -e failed ] || fail 'an append failed'
[ "$(sort server1/lines | xargs)" = 'a1 a2 a3 a4 a5 a6 a7 a8 b1 b2 b3 b4 b5 b6 b7 b8' ] || fail "$(cat server1/lines)"
expect_same_file server1/lines server2/lines
