#!/usr/bin/env bash
# ls: what any copy holds, in byte order, each row with a mark: = the same everywhere, + the coordinator has it and some
# node lacks it, - the coordinator lacks it, * contents or types differ, ! a node could not be compared. With any *
# the exit status is 1.
. "$(dirname "$0")/../cluster.sh"
mkdir -p server{1,2,3}/docs server1/docs/new server2/docs/old
printf 'same' | tee server{1,2,3}/same server{1,2,3}/docs/same >/dev/null
printf 'one!' | tee server1/differs >server3/differs
printf 'two!' >server2/differs
printf 'x' | tee server1/plus server2/plus >/dev/null
printf 'x' | tee server2/minus server3/minus >/dev/null
printf 'x' >server1/docs/plus
mkdir server1/type
printf 'type' | tee server2/type >server3/type
touch -d '3 days ago' server?/* server?/docs/* server?
start_replica server2
start_replica server3
start_coordinator server1

concur ls
expect_status 1
expect_no_errors
expect_output_like '[*] differs' '= docs/' '- minus' '+ plus' '= same' '[*] type*'

# A name or /, . and nothing are the whole tree; a folder shows what it holds, -R what lies below as well, a file its row.
cp stdout whole-tree
for path in / .; do
  concur ls $path
  expect_same_file stdout whole-tree
done
concur ls docs
expect_status 0
expect_output '+ docs/new/' '- docs/old/' '+ docs/plus' '= docs/same'
cp stdout folder
concur ls docs/
expect_same_file stdout folder
concur ls -R
expect_status 1
expect_output_like '[*] differs' '= docs/' '+ docs/new/' '- docs/old/' '+ docs/plus' '= docs/same' '- minus' '+ plus' '= same' '[*] type*'
concur ls same
expect_status 0
expect_output '= same'
concur ls plus/
expect_status 2
expect_errors_like 'ERROR NOT_DIRECTORY plus: *'
concur ls nothing
expect_status 2
expect_errors 'ERROR NOT_FOUND nothing: not on server1, not on server2, not on server3'

# --differing: only what is not the same everywhere, whatever the mark; with everything else as ever.
concur ls -R docs --differing
expect_status 0
expect_output '+ docs/new/' '- docs/old/' '+ docs/plus'
concur ls --differing
expect_status 1
expect_output_like '[*] differs' '- minus' '+ plus' '[*] type*'
concur ls -lR --differing docs
expect_output_like '+ *-  - *server1 *docs/new/' '- *server2 *docs/old/' '+ *1 B *server1 *docs/plus'
concur ls -R --differing --json
expect_json_lines 'lines.length === 7 && lines.every(({ mark }) => mark !== "=")'
concur ls same --differing
expect_status 0
expect_no_output

# -l: size, time and holders as well.
concur ls -l
expect_status 1
expect_output_like '[*] *4 B *3 d ago *server1*server3*server2*differs' '= * docs/' '- *1 B *3 d ago *server2 = server3 *minus' \
  '+ *1 B *3 d ago *server1 = server2 *plus' '= *4 B *3 d ago *server1 = server2 = server3 *same' '[*] *type*'

# For programs a line a file.
concur ls -R --json
expect_status 1
expect_json_lines \
  'lines.length === 10' \
  'lines.every(row => same(Object.keys(row), ["path", "type", "mark", "size", "digest", "nodes"]))' \
  'lines.every(({ nodes }) => same(Object.keys(nodes), ["server1", "server2", "server3"]))' \
  '(row = path => lines.find(row => row.path === path)) && row("same").mark === "=" && row("docs").type === "folder"' \
  'row("same").size === 4 && /^b3:[0-9a-f]{64}$/.test(row("same").digest)' \
  'same(Object.keys(row("same").nodes.server2), ["digest", "size", "mtime"])' \
  'row("same").nodes.server3.digest === row("same").digest && row("same").nodes.server3.mtime.endsWith("Z")' \
  'row("plus").nodes.server3 === null && row("minus").nodes.server1 === null' \
  'row("differs").nodes.server1.digest === row("differs").nodes.server3.digest' \
  'row("differs").nodes.server1.digest !== row("differs").nodes.server2.digest' \
  'row("differs").mark === "*" && row("type").mark === "*" && row("docs/old").mark === "-"'

# What differs is told although a node is gone; the rest is not known to be the same.
crash server3
concur ls
expect_status 1
expect_output_like '[*] differs' '! docs/' '! minus' '! plus' '! same' '[*] type*'
expect_errors_like '*server3 *'
concur ls --strict
expect_status 2
concur ls docs
expect_status 0
