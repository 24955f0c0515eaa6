#!/usr/bin/env bash
# Folders: a file below one is read by its path; the folder itself is no file; get -r brings all of it, each file
# verified, empty folders included, and ends with one line and the worst exit status.
. "$(dirname "$0")/../cluster.sh"
for node in server1 server2; do
  mkdir -p $node/album/2024/summer $node/album/empty/inside
  printf 'cover' >$node/album/cover
  printf 'beach' >"$node/album/2024/summer/the beach"
done
start_replica server2
start_coordinator server1

concur get 'album/2024/summer/the beach'
expect_status 0
expect_output 'SINGLE_FILE album/2024/summer/the beach  5 B  server1 = server2  saved as the beach'
expect_file 'here/the beach' 'beach'

for path in album album/; do
  concur get $path
  expect_status 2
  expect_errors 'ERROR IS_DIRECTORY album: a folder on server1, a folder on server2'
done
concur get album/cover/
expect_status 2
expect_errors_like 'ERROR NOT_DIRECTORY album/cover: *'
expect_here 'the beach'

concur get -r album
expect_status 0
expect_no_errors
expect_output '2 files  10 B  saved in album'
diff -r here/album server1/album >differences || mismatch "$(<differences)"

# One file differs: both versions are saved beside its name, and the whole ends with 1. One is missing on a server: no
# matter. -o names the folder, or the folder to put it into.
printf 'River' >server2/album/2024/river
printf 'river' >server1/album/2024/river
printf 'notes' >server1/album/notes
mkdir here/into
concur get -r album -o into
expect_status 1
expect_output_like 'DIFFERENT_FILES album/2024/river  2 versions  never replicated' '  server1 *' '  server2 *' \
  '4 files  * saved in into/album  1 with copies that differ  (1 missing on server2)'
expect_file here/into/album/2024/river.server1 'river'
expect_file here/into/album/2024/river.server2 'River'
[ ! -e here/into/album/2024/river ] || mismatch 'no file of the plain name'
expect_file here/into/album/notes 'notes'
[ -d here/into/album/empty/inside ] || mismatch 'the empty folder'

concur get -r album/2024 -o renamed
expect_status 1
expect_file 'here/renamed/summer/the beach' 'beach'

# For a program: a document for each file.
concur get -r album --json
expect_status 1
expect_json_lines \
  'same(lines.map(({ path }) => path).sort(), ["album/2024/river", "album/2024/summer/the beach", "album/cover", "album/notes"])' \
  'lines.every(({ path, verdict }) => verdict === (path.endsWith("river") ? "DIFFERENT_FILES" : "SINGLE_FILE"))'

concur get -r nothing
expect_status 2
expect_errors_like 'ERROR NOT_FOUND nothing: *'
[ ! -e here/nothing ] || mismatch 'no folder'
