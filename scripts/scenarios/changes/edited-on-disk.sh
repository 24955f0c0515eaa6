#!/usr/bin/env bash
# A change over a copy that somebody edited on disk: what everybody knew of gives way and is kept in history; nothing
# that exists nowhere else is lost.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write x 'one'
printf 'edited' >server2/x
concur get x
expect_status 1

# The coordinator sees both copies before it orders the change: the edit gives way to it, and is told.
concur write x 'two' --json
expect_status 0
expect_json 'ok && replaced.some(({ node, cause }) => node === "server2" && cause === "edited-on-disk")'
expect_everywhere x 'two' server1 server2
grep -rqF edited server2/.concur/history || fail 'the edit is in no history'
concur get x
expect_status 0

# So does one in a folder that is deleted, and one where a file was deleted.
for file in a b c d; do concur write "folder/$file" "$file"; done
printf 'edited' >server1/folder/c
concur rm -r folder
expect_status 0
expect_output_like 'rm folder  seq [0-9]*  copies 2 of 2' '  replaced on server1: b3:*, edited on disk, now in its history' 'undo: concur *'
printf 'again' >server2/folder-free
concur write folder-free 'x'
expect_output_like 'write folder-free *' '  replaced on server2: b3:*, never replicated, now in its history' 'undo: concur *'
concur rm folder-free
printf 'again' >server2/folder-free
concur rm folder-free
expect_output_like 'rm folder-free *' '  replaced on server2: b3:*, edited on disk, now in its history' 'undo: concur *'
