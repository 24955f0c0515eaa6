#!/usr/bin/env bash
# verify: compares all copies. A line for each file that is not the same everywhere, marked as in ls, and one for the
# whole. 0: every node took part, and all is the same; 1: something is not; 2: something could not be compared.
. "$(dirname "$0")/../cluster.sh"
mkdir -p server{1,2,3}/docs/deep
printf 'same' | tee server{1,2,3}/same server{1,2,3}/docs/same >/dev/null
seq 100000 | tee server{1,2,3}/docs/deep/large >/dev/null
start_replica server2
start_replica server3
start_coordinator server1

# The same: asked of any node, for the whole tree, a folder, a file.
for node in server1 server2 server3; do
  concur --server "${address_of[$node]}" verify
  expect_status 0
  expect_output '3 files, 575 KiB, on 3 nodes: all the same  (by their digests; --deep reads every byte)'
  expect_no_errors
done
for path in / . docs docs/ same; do
  for how in '' --deep; do
    concur verify $path $how
    expect_status 0
    expect_output_like '* on 3 nodes: all the same *'
  done
done
concur verify --deep
expect_output '3 files, 575 KiB, on 3 nodes: all the same  (every byte was read)'
concur verify --json
expect_status 0
expect_no_output
concur verify --quiet
expect_no_output

# One byte, in place; a file and a folder that some node lacks; a file where others have a folder.
printf 9 | dd of=server2/docs/deep/large bs=1 seek=400000 conv=notrunc status=none
rm server3/same
printf 'x' >server2/docs/minus
mkdir server1/type
printf 'type' | tee server2/type >server3/type
concur verify
expect_status 1
expect_output '* docs/deep/large  server1 = server3 ≠ server2' '- docs/minus  server2' '+ same  server1 = server2' \
  '* type/  server1 ≠ server2 = server3' \
  '5 files, 575 KiB, on 3 nodes: 4 not the same  (by their digests; --deep reads every byte)'
concur verify docs/deep
expect_status 1
expect_output_like '[*] docs/deep/large *' '1 file, *'
concur verify docs/same
expect_status 0
concur verify --json docs
expect_status 1
expect_json_lines 'lines.length === 2 && lines[0].path === "docs/deep/large" && lines[0].mark === "*" && lines[0].digest === null' \
  'lines.every(row => same(Object.keys(row), ["path", "type", "mark", "size", "digest", "nodes"]))' \
  'same(Object.keys(lines[0].nodes), ["server1", "server2", "server3"])' \
  'lines[0].nodes.server1.digest === lines[0].nodes.server3.digest' \
  'lines[0].nodes.server1.digest !== lines[0].nodes.server2.digest' \
  'lines[1].mark === "-" && lines[1].nodes.server1 === null && lines[1].nodes.server2.size === 1'
rm -r server1/type server2/type server3/type server2/docs/minus
cp server1/same server3/same
cp server1/docs/deep/large server2/docs/deep/large
concur verify
expect_status 0

# A folder that one node lacks, though nothing is in it.
mkdir server2/bare
for path in '' bare; do
  concur verify $path
  expect_status 1
  expect_output_like '- bare/  server2' '* 1 not the same *'
done
rmdir server2/bare

# What is no file cannot be compared, though it is so on every node.
for node in server1 server2 server3; do ln -s same $node/link; done
concur verify
expect_status 2
expect_output_like '! link' '* 1 not compared *'
printf 'other' >server2/same
concur verify
expect_status 2
expect_output_like '! link' '[*] same *' '* 1 not the same, 1 not compared *'
rm server?/link
cp server1/same server2/same

# A node that is away makes everything uncompared: never 0.
crash server3
for path in '' docs; do
  for how in '' --deep; do
    concur verify $path $how
    expect_status 2
    expect_errors_like 'ERROR UNREACHABLE*server3 *'
  done
done
expect_output_like '! docs/deep/' '! docs/deep/large' '! docs/same' '2 files, 575 KiB, on 2 of 3 nodes: 3 not compared *'
concur verify --json
expect_status 2
expect_json_lines 'lines.slice(0, -1).every(({ mark }) => mark === "!")' 'lines.length === 6' \
  'lines.at(-1).ok === false && lines.at(-1).error.code === "UNREACHABLE"'
start_replica server3
within 20 is_state server3 up
concur verify
expect_status 0

# Nothing to compare, and nobody to ask.
concur verify nowhere
expect_status 2
expect_errors 'ERROR NOT_FOUND nowhere: not on server1, not on server2, not on server3'
concur verify same/
expect_status 2
expect_errors_like 'ERROR NOT_DIRECTORY same: *'
concur verify ../x
expect_status 2
expect_errors_like 'ERROR BAD_PATH ../x: *'
crash server1
concur --server "${address_of[server2]}" verify
expect_status 2
expect_no_output
expect_errors_like 'ERROR UNREACHABLE: *coordinator*'
