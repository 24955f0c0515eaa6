#!/usr/bin/env bash
# log: what was changed, by whom, oldest first, on every node; --follow tells what comes.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a.txt 'a' --client-id ann@laptop
first=$(seq_of)
concur append a.txt 'b'
concur mkdir folder
concur mv a.txt folder/
concur write other 'x'
concur rm other
concur write refused 'x' --if-match "b3:$(printf '0%.0s' {1..64})"
expect_status 2

concur log
expect_status 0
expect_output_like '*put a.txt*1 B*by ann@laptop' '*append a.txt*2 B*' '*mkdir folder*' '*rename a.txt → folder/a.txt*' \
  '*put other*' '*delete other*'
concur log --json
expect_json_lines 'same(lines.map(({ type }) => type), ["put", "append", "mkdir", "rename", "put", "delete"])' \
  'lines.every(line => same(Object.keys(line), ["epoch", "seq", "time", "client", "type", "path", "from", "size", "digest"]))' \
  'lines[0].client === "ann@laptop" && lines[3].from === "a.txt" && lines[3].path === "folder/a.txt" && lines[2].digest === null' \
  'lines.every(({ seq }, at) => at === 0 || seq > lines[at - 1].seq)'

concur log -n 2 --json
expect_json_lines 'same(lines.map(({ type }) => type), ["put", "delete"])'
concur log --since "$first" --json
expect_json_lines 'lines.length === 5 && lines[0].type === "append"'
concur log folder --json
expect_json_lines 'same(lines.map(({ type }) => type), ["mkdir", "rename"])'
concur log other --json
expect_json_lines 'same(lines.map(({ type }) => type), ["put", "delete"])'
concur log never-there
expect_status 0
expect_no_output

# What became of the folder became of what lay in it.
concur mv folder moved
concur log moved/a.txt --json
expect_json_lines 'same(lines.map(({ type, from }) => [type, from]), [["rename", "folder"]])'
concur rm -r moved
concur log moved/a.txt --json
expect_json_lines 'same(lines.map(({ type }) => type), ["rename", "delete"])'
concur rm other -f
concur write other 'x'
concur rm other

begin_concur log --follow -n 1 --json
has_lines() {
  [ "$(wc -l <stdout)" -ge "$1" ]
}
within 10 has_lines 1
CONCUR_SERVER=${address_of[server1]} node "${file_of[client]}" write followed 'x' >/dev/null
within 10 has_lines 2
kill -INT "$client"
end_concur
expect_status 130
expect_json_lines 'same(lines.map(({ type, path }) => [type, path]), [["delete", "other"], ["put", "followed"]])'
