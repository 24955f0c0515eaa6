#!/usr/bin/env bash
# get -o FILE: a new name, a folder, standard output, a link, a device, a FIFO. What was there is replaced as a whole or
# not at all; what is no file is written to, and stays what it is.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1
hello='Hello!! Identical content test\n'

concur get file1.txt -o saved
expect_status 0
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as saved'
expect_file here/saved "$hello"

# Replaced: another file of that name, its mode kept; who has the old one open still reads the old one.
printf 'old' >here/file1.txt
chmod 640 here/file1.txt
exec {old}<here/file1.txt
concur get file1.txt
expect_file here/file1.txt "$hello"
[ "$(cat <&"$old")" = old ] || mismatch 'the old file in the hands of who had it open'
[ "$(stat -c %a here/file1.txt)" = 640 ] || mismatch 'mode 640'

mkdir here/folder
concur get file1.txt file2.txt file3.txt -o folder
expect_status 1
[ "$(ls here/folder)" = "$(printf '%s\n' file1.txt file2.txt.server1 file2.txt.server2 file3.txt)" ] || mismatch 'four files'
concur get file1.txt -o folder/new
expect_file here/folder/new "$hello"
concur get file1.txt -o "$folder/here/absolute"
expect_file here/absolute "$hello"
concur get file2.txt -o both
expect_status 1
expect_file here/both.server1 'Hello from Server1\n'
expect_file here/both.server2 'Hello from Server2\n'
[ ! -e here/both ] || mismatch 'nothing under the name itself'

concur get file1.txt -o -
expect_status 0
expect_bytes "$hello"
expect_errors_like 'SINGLE_FILE file1.txt  31 B  server1 = server2'
concur get file2.txt -o -
expect_status 1
expect_no_output

# A link is followed, as a shell's > does, and stays.
printf 'old' >here/target
ln -s target here/link
concur get file1.txt -o link
expect_status 0
[ -L here/link ] || mismatch 'a link'
expect_file here/target "$hello"

concur get file1.txt -o /dev/null
expect_status 0
[ -c /dev/null ] || mismatch 'a device'
mkfifo here/pipe
cat here/pipe >through-pipe &
background+=("$!")
concur get file1.txt -o pipe
expect_status 0
wait "${background[-1]}"
[ -p here/pipe ] || mismatch 'a FIFO'
expect_file through-pipe "$hello"
rm here/pipe

# What cannot be saved is an error, in the shape of every read, and nothing is left.
rm here/folder/file3.txt
mkdir here/folder/file3.txt
find here | sort >before
for name in no-such-folder/ no-such-folder/name file1.txt/below; do
  concur get file1.txt -o "$name" --json
  expect_status 2
  expect_json 'verdict === "ERROR" && path === "file1.txt" && error.code === "IO_ERROR"'
done
concur get file3.txt -o folder
expect_status 2
expect_errors_like 'ERROR IO_ERROR file3.txt: *'
find here | sort | diff before - || mismatch 'what was there before'
