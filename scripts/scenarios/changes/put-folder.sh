#!/usr/bin/env bash
# put -r: a folder with all that is below, each file a change; links and what is no file are named.
. "$(dirname "$0")/../cluster.sh"
start_all server2
mkdir -p here/photos/2026/none
for at in $(seq 50); do printf 'photo %s' "$at" >"here/photos/2026/$at.jpg"; done
printf 'top' >here/photos/top
printf '#!/bin/sh\n' >here/photos/run
chmod 755 here/photos/run
ln -s top here/photos/link
mkfifo here/photos/pipe

concur put -r photos
expect_status 0
expect_errors 'skipped photos/link: a link' 'skipped photos/pipe: a FIFO'
expect_output_like 'put photos/  52 files  *  1 empty folder  seq [0-9]* to [0-9]*  2 skipped  copies 2 of 2' 'undo: concur *'
for name in server1 server2; do
  expect_file "$name/photos/2026/37.jpg" 'photo 37'
  [ -d "$name/photos/2026/none" ] || mismatch "the empty folder on $name"
  [ -x "$name/photos/run" ] || mismatch "run can be run on $name"
  expect_nowhere photos/link "$name"
done

# Under another name, inside another folder, again, and back.
concur put -r photos/2026 year
expect_status 0
expect_everywhere year/1.jpg 'photo 1' server1 server2
concur put -r photos/2026 in/
expect_everywhere in/2026/1.jpg 'photo 1' server1 server2
concur put -r photos --json
expect_status 0
expect_json_lines 'lines.length === 53 && lines.every(({ ok }) => ok)'
concur get -r photos -o back
expect_status 0
rm here/photos/link here/photos/pipe
diff -r here/photos here/back || mismatch 'the same folder comes back'

# One file that cannot be put is named; the others are there.
concur rm -r photos
concur mkdir -p photos/top
concur put -r photos
expect_status 2
expect_errors_like 'ERROR IS_DIRECTORY photos/top: *'
expect_everywhere photos/2026/50.jpg 'photo 50' server1 server2
