#!/usr/bin/env bash
# Ctrl-C in the middle of a read: exit status 130, and of the file that was not whole nothing stays; what lay there under
# its name is untouched.
. "$(dirname "$0")/../cluster.sh"
roots_in_memory server1
truncate -s 1G server1/large
mkdir server1/folder
cp --sparse=always server1/large server1/folder/large
start_coordinator server1
printf 'mine' >here/large

has_begun() {
  [ -n "$(find here -type f ! -path here/large)" ]
}

begin_concur get large
within 20 has_begun
pause server1
kill -INT "$client"
end_concur
expect_status 130
expect_here large
expect_file here/large 'mine'
resume server1

begin_concur get -r folder
within 20 has_begun
pause server1
kill -INT "$client"
end_concur
expect_status 130
[ -z "$(find here/folder -type f)" ] || mismatch "no file, not: $(find here/folder)"
resume server1

# So it is when the server breaks off.
begin_concur get large
within 20 has_begun
crash server1
end_concur
expect_status 2
expect_errors_like 'ERROR UNREACHABLE large: *'
rmdir here/folder
expect_here large
expect_file here/large 'mine'
