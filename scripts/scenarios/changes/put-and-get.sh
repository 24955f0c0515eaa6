#!/usr/bin/env bash
# What is put lies in every node's folder when the command ends, byte for byte, and comes back the same.
. "$(dirname "$0")/../cluster.sh"
start_all server2 server3

printf 'pages' >here/report.pdf
concur put report.pdf
expect_status 0
expect_no_errors
expect_output_like 'put report.pdf  5 B  seq [0-9]*  copies 3 of 3' 'undo: concur *'
expect_everywhere report.pdf 'pages' server1 server2 server3
rm here/report.pdf
concur get report.pdf
expect_status 0
expect_output 'SINGLE_FILE report.pdf  5 B  server1 = server2 = server3  saved as report.pdf'
expect_file here/report.pdf 'pages'

# Over what is there; into folders that are made with it; the executable bit; nothing at all; 20 MB.
printf 'new pages' >here/report.pdf
concur put report.pdf
expect_everywhere report.pdf 'new pages' server1 server2 server3
printf '#!/bin/sh\n' >here/run
chmod 700 here/run
concur put run deep/er/
expect_status 0
expect_everywhere deep/er/run '#!/bin/sh\n' server1 server2 server3
for name in server1 server2 server3; do
  [ -x "$name/deep/er/run" ] || mismatch "run can be run on $name"
done
: >here/empty
concur put empty
expect_everywhere empty '' server1 server2 server3
head -c 20000000 /dev/urandom >here/large
concur put large --json
expect_status 0
expect_json 'ok && op.type === "put" && op.path === "large" && op.epoch > 0 && op.seq > 0' \
  'same(applied, ["server1", "server2", "server3"]) && same(behind, []) && same(kept, []) && same(replaced, [])' \
  'same(copies, { have: 3, of: 3 }) && /^b3:[0-9a-f]{64}$/.test(digest)'
for name in server1 server2 server3; do expect_same_file here/large "$name/large"; done

# Several files, and a pipe.
concur put report.pdf run in/
expect_status 0
expect_output_like 'put in/report.pdf  9 B  seq *' 'undo: *' 'put in/run  10 B  seq *' 'undo: *'
standard_input=here/large concur put - from-a-pipe
expect_status 0
expect_same_file here/large server3/from-a-pipe

# One modification time everywhere.
[ "$(stat -c %Y server1/large)" = "$(stat -c %Y server2/large)" ] || mismatch 'the same time everywhere'
concur ls -R --differing
expect_status 0
expect_no_output
