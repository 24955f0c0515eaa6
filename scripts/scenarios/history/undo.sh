#!/usr/bin/env bash
# Every change prints the command that takes it back, and that command does.
. "$(dirname "$0")/../cluster.sh"
start_all server2

# undo_last: runs what the last command printed behind "undo: ".
undo_last() {
  local line
  line=$(sed -n 's/^undo: concur //p' stdout)
  [ -n "$line" ] || mismatch 'a line that begins with undo:'
  local step
  while [ -n "$line" ]; do
    step=${line%% && concur *}
    eval "concur $step"
    expect_status 0
    [ "$step" != "$line" ] || break
    line=${line#* && concur }
  done
}

concur write a.txt 'one'
undo_last
expect_nowhere a.txt server1 server2

concur write a.txt 'one'
concur write a.txt 'two'
expect_output_like 'write a.txt  3 B  seq [0-9]*  copies 2 of 2' 'undo: concur restore a.txt --at [0-9]*'
undo_last
expect_output_like 'restore a.txt  3 B  seq [0-9]*  copies 2 of 2' 'undo: concur restore a.txt --at [0-9]*'
expect_everywhere a.txt 'one' server1 server2
undo_last
expect_everywhere a.txt 'two' server1 server2

concur append a.txt ' and three'
undo_last
expect_everywhere a.txt 'two' server1 server2

concur mv a.txt 'my b.txt'
undo_last
expect_everywhere a.txt 'two' server1 server2
expect_nowhere 'my b.txt' server1 server2

concur write b.txt 'gives way'
concur mv a.txt b.txt --force
expect_output_like 'mv a.txt → b.txt  3 B  *' "undo: concur mv b.txt a.txt && concur restore b.txt --at [0-9]*"
undo_last
expect_everywhere a.txt 'two' server1 server2
expect_everywhere b.txt 'gives way' server1 server2

concur rm a.txt
undo_last
expect_everywhere a.txt 'two' server1 server2

concur mkdir folder
expect_output_like 'mkdir folder  seq [0-9]*  copies 2 of 2' 'undo: concur rm -r folder'
undo_last
expect_nowhere folder server1 server2

# A folder, put and taken back; deleted, and brought back with all that lay in it.
mkdir -p here/photos/2026 here/photos/empty
for number in $(seq 1 40); do printf 'photo %d' "$number" >"here/photos/2026/it's $number.jpg"; done
concur put -r photos
expect_output_like 'put photos/  40 files  *' 'undo: concur restore photos --at [0-9]*'
concur rm -r photos
expect_nowhere photos server1 server2
undo_last
expect_output_like 'restore photos/  40 files  *  1 empty folder  seq * to *  copies 2 of 2' 'undo: *'
expect_everywhere "photos/2026/it's 40.jpg" 'photo 40' server1 server2
expect_same_trees server1 server2
expect_same_trees server1/photos here/photos
concur verify
expect_status 0
concur put -r photos 'more photos'
undo_last
expect_nowhere 'more photos' server1 server2

# All of it, to the beginning.
concur restore / --at 0
expect_status 0
expect_tree server1
expect_tree server2
undo_last
expect_everywhere a.txt 'two' server1 server2
expect_everywhere "photos/2026/it's 7.jpg" 'photo 7' server1 server2

# Nothing was changed, and there is nothing to undo.
concur mkdir -p folder/sub
concur mkdir -p folder/sub
expect_output 'mkdir folder/sub  is there already'
concur write a.txt x --if-absent
expect_status 2
! grep -q '^undo' stdout stderr || mismatch 'no undo'
