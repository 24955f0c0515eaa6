#!/usr/bin/env bash
# mv gives a file or folder another name on every node; what is at the new name gives way only with --force.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a.txt 'a'
concur write b.txt 'b'
concur write folder/inside 'inside'

concur mv a.txt c.txt
expect_status 0
expect_output_like 'mv a.txt → c.txt  1 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
expect_everywhere c.txt 'a' server1 server2
expect_nowhere a.txt server1 server2

concur mv c.txt b.txt
expect_status 2
expect_errors_like 'ERROR ALREADY_EXISTS c.txt → b.txt: *'
expect_everywhere b.txt 'b' server1 server2
concur --json mv c.txt b.txt --force
expect_status 0
expect_json '/^b3:[0-9a-f]{64}$/.test(digest)' 'op.type === "rename"' 'replaced.length === 2'
expect_everywhere b.txt 'a' server1 server2

# Into a folder, a folder itself, and into folders that are made with it.
concur mv b.txt folder/
expect_status 0
expect_everywhere folder/b.txt 'a' server1 server2
concur mv folder new/place
expect_status 0
for name in server1 server2; do expect_tree "$name" new/ new/place/ new/place/b.txt new/place/inside; done

concur mv new new/below
expect_status 2
expect_errors_like 'ERROR BAD_PATH *'
concur mv new new
expect_status 2
expect_errors_like 'ERROR ALREADY_EXISTS *'
concur mv nothing elsewhere
expect_status 2
expect_errors_like 'ERROR NOT_FOUND *'
concur mv new/place/inside/ elsewhere
expect_status 2
expect_errors_like 'ERROR NOT_DIRECTORY *'
for name in server1 server2; do expect_tree "$name" new/ new/place/ new/place/b.txt new/place/inside; done

# What lies in a folder has to have a path afterwards, too.
deep=$(printf "%0250d/" {1..16})file
concur write "$deep" 'deep'
expect_status 0
top=${deep%%/*}
concur mv "$top" "${top}and-more-than-there-is-room-for-in-a-path-of-four-thousand-and-ninety-six-bytes"
expect_status 2
expect_errors_like 'ERROR BAD_PATH *'
concur mv "$top" "new/$top/below/and-more-than-there-is-room-for-in-a-path-of-four-thousand-and-ninety-six-bytes"
expect_status 2
concur mv "$top" short
expect_status 0
concur rm -r short
expect_status 0
concur write b.txt 'b'
expect_status 0
