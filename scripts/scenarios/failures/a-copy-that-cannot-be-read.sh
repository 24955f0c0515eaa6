#!/usr/bin/env bash
# A server may not read its own copy: that copy is never taken for one that agrees, nor for one that is missing. The
# others are read, the reason is told, --strict refuses.
. "$(dirname "$0")/../cluster.sh"
needs nc
for name in theirs ours nobodys; do printf 'text' | tee server1/$name >server2/$name; done
mkdir server1/closed server2/closed
printf 'text' | tee server1/closed/file >server2/closed/file
chmod 000 server2/theirs server1/ours server1/nobodys server2/nobodys server2/closed

# Root may read everything, unless that right is taken from it.
if [ "$(id -u)" -eq 0 ]; then
  needs setpriv
  # shellcheck disable=SC2034
  with=(setpriv '--bounding-set=-dac_override,-dac_read_search')
fi
start_replica server2
start_coordinator server1

concur get theirs ours closed/file
expect_status 0
expect_output_like 'SINGLE_FILE theirs  4 B  server1  (server2 *)  saved as theirs' \
  'SINGLE_FILE ours  4 B  server2  (server1 *)  saved as ours' \
  'SINGLE_FILE closed/file  4 B  server1  (server2 *)  saved as file'
expect_file here/ours 'text'

concur get theirs --strict --json
expect_status 2
expect_json 'error.code === "UNREACHABLE" && same(unreachable, ["server2"]) && same(missing, [])' \
  'typeof details.server2.reason === "string" && !details.server2.reason.includes("/tmp")'
concur get nobodys --json
expect_status 2
expect_json 'verdict === "ERROR" && error.code === "UNREACHABLE" && same(unreachable, ["server1", "server2"])'

concur ls
expect_status 0
expect_output '= closed/' '! nobodys' '! ours' '! theirs'
concur ls closed
expect_status 0
expect_output '! closed/file'
for name in theirs ours nobodys; do
  for how in '' --deep; do
    concur verify $name $how
    expect_status 2
    expect_output_like "! $name" '* 1 not compared *'
  done
done
concur verify
expect_status 2
expect_output_like '! closed/' '! closed/file' '! nobodys' '! ours' '! theirs' '* on 1 of 2 nodes: 5 not compared *'
expect_errors_like 'ERROR UNREACHABLE: server2 could not say: closed: *'
ask_in_text server1 'theirs\n'
expect_bytes 'ERROR|server2 could not be asked'
expect_never_shown "$folder"
