#!/usr/bin/env bash
# Bytes that change though nothing changes the file: found by a deep read, or by a reader whose block is not what its
# digest says; known from then on, also after a restart; never passed as the file, never mended by itself. A change that
# writes the path anew puts it right.
. "$(dirname "$0")/../cluster.sh"
roots_in_memory server1 server2
[ -n "$in_memory" ] || skip 'no file system in memory, where a store through a memory map moves no time'

# rot NAME FILE POSITION
rot() {
  local before
  before=$(stat -c '%i %s %.Y %.Z' "$1/$2")
  node "$repository/scripts/scenarios/rot.mjs" "$1/$2" "$3"
  [ "$before" = "$(stat -c '%i %s %.Y %.Z' "$1/$2")" ] || skip 'this kernel records a store through a memory map'
}

start_all server2
concur write x 'sound content'
head -c 3000000 /dev/zero | tr '\0' 'm' >here/large
concur put large
expect_status 0

rot server2 x 3
rot server2 large 2500000
for file in x large; do
  concur get "$file" --deep -o got
  expect_status 1
  expect_output_like "DIFFERENT_FILES $file  2 versions" '  server1  * as written (seq *)  saved as got.server1' \
    '  server2  * bit rot  saved as got.server2' "settle it: concur diff $file · concur resolve $file --keep server1"
done
rm here/*
concur cat x
expect_status 1
expect_no_output
concur stat x --json
expect_json 'versions.length === 2 && versions[0].cause === null && versions[1].cause === "bit-rot"' \
  'same(versions[1].nodes, ["server2"]) && typeof versions[1].checkedAt.server2 === "string"'

stop server2
start_replica server2
within 10 is_state server2 up
for file in x large; do
  concur stat $file
  expect_status 1
  expect_output_like "DIFFERENT_FILES $file  2 versions" '  server1  * as written (seq *)' '  server2  * bit rot'
done

# Nothing is built on it; what writes the path anew takes its place, and the rotten bytes go into history.
concur append x ' and more'
expect_status 2
expect_errors_like 'ERROR CONFLICT x: *server2 has rotted*'
concur write x 'sound again'
expect_status 0
expect_output_like 'write x  11 B  seq *  copies 2 of 2' '  replaced on server2: *, bit rot, now in its history' 'undo: concur *'
concur get x --deep
expect_status 0

# The only copy: nobody else has the bytes, and yet it is not passed as good.
rm server1/large server2/large
concur write alone 'the only copy'
rm server2/alone
rot server1 alone 0
concur get alone
expect_status 1
expect_output_like 'DIFFERENT_FILES alone  1 version  (missing on server2)' '  server1  13 B  * bit rot  saved as alone.server1'
[ ! -e here/alone ] || mismatch 'no file of the plain name'
