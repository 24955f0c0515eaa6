#!/usr/bin/env bash
# Names on a disk that no path can be (not UTF-8, control characters): listed escaped, as nothing that could be asked for,
# never entered, and in the way of nothing.
. "$(dirname "$0")/../cluster.sh"
printf 'x' >$'server1/latin1-\xe4'
printf 'x' >$'server2/latin1-\xe4'
printf 'x' >$'server2/new\nline'
printf 'path' | tee 'server1/latin1-\xe4' >'server2/latin1-\xe4'
mkdir -p server2/folder $'server2/\xff'
printf 'x' >$'server2/folder/back\\slash\x01'
printf 'x' >$'server2/\xff/inside'
start_all server2

concur ls -R
expect_status 0
expect_output '! \xff  (no path can have this name)' '- folder/' \
  '! folder/back\\slash\x01  (no path can have this name)' '= latin1-\xe4' \
  '! latin1-\xe4  (no path can have this name)' '! new\x0aline  (no path can have this name)'
concur ls --json
expect_json_lines \
  'same(lines.map(({ path, escaped }) => [path, escaped === true]), [["\\xff", true], ["folder", false], ["latin1-\\xe4", false], ["latin1-\\xe4", true], ["new\\x0aline", true]])' \
  'lines.every(({ escaped, type, mark, size }) => !escaped || (type === "other" && mark === "!" && size === null))' \
  'lines[3].nodes.server1 !== null && lines[3].nodes.server2 !== null && lines[4].nodes.server1 === null'

# Who asks for what is shown asks for a path, which is another thing.
concur get 'latin1-\xe4'
expect_status 0
expect_file 'here/latin1-\xe4' 'path'
concur get 'new\x0aline'
expect_status 2
expect_errors_like 'ERROR NOT_FOUND *'

concur get -r folder
expect_status 0
expect_errors_like 'skipped folder/*: not a file'
concur rm -r folder
expect_status 0
[ -f $'server2/folder/back\\slash\x01' ] || fail 'what no path can be was removed'
