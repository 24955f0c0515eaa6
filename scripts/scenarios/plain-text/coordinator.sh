#!/usr/bin/env bash
# Plain-text reads with nc: a path in, an answer out, and the connection closes. A newline, CRLF, the end of the stream
# or 100 ms of silence end the path.
. "$(dirname "$0")/../cluster.sh"
needs nc
sample_files
printf 'two' | tee server1/odd >server3/odd
printf 'one' >server2/odd
for node in 1 2 3; do printf 'of %s' "$node" >"server$node/each"; done
mkdir -p server{1,2,3}/folder/below server3/mixed
printf 'deep' | tee server{1,2,3}/folder/below/file >/dev/null
printf 'text' | tee server1/mixed >server2/mixed
head -c 100000 /dev/zero | tr '\0' 'L' | tee server1/large >server2/large
start_replica server2
start_replica server3
start_coordinator server1

for ending in '\n' '\r\n' '' '\n and more'; do
  ask_in_text server1 "file1.txt$ending"
  expect_bytes 'SINGLE_FILE|Hello!! Identical content test\n'
done
printf file1.txt | timeout 5 nc -N "${address_of[server1]%:*}" "${address_of[server1]##*:}" >stdout
expect_bytes 'SINGLE_FILE|Hello!! Identical content test\n'

ask_in_text server1 'file2.txt\n'
expect_bytes 'DIFFERENT_FILES|SERVER1|Hello from Server1\n|SERVER2|Hello from Server2\n'
ask_in_text server1 'file3.txt\n'
expect_bytes 'SINGLE_FILE|File only on Server1\n'
ask_in_text server1 'file4.txt\n'
expect_bytes 'ERROR|File not found on both servers'

# A version for each distinct content, under the name of its first node.
ask_in_text server1 'odd\n'
expect_bytes 'DIFFERENT_FILES|SERVER1|two|SERVER2|one'
ask_in_text server1 'each\n'
expect_bytes 'DIFFERENT_FILES|SERVER1|of 1|SERVER2|of 2|SERVER3|of 3'

ask_in_text server1 'folder/below/file\n'
expect_bytes 'SINGLE_FILE|deep'
ask_in_text server1 'large\n'
{ printf 'SINGLE_FILE|' && cat server1/large; } | cmp - stdout || mismatch 'all of the large file'

# No file, or not two versions that have bytes: an error in one sentence.
for path in folder mixed; do
  ask_in_text server1 "$path\n"
  expect_output_without_end 'ERROR|*[a-z]*'
done

# There is no room for notes: who could not be asked makes it an error, whatever the others hold.
crash server2
for path in file1.txt file3.txt file4.txt; do
  ask_in_text server1 "$path\n"
  expect_bytes 'ERROR|server2 could not be asked'
done
