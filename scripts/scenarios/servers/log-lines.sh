#!/usr/bin/env bash
# A server's log is JSON lines on standard error: one when it listens, at any level, and at info one for each request.
. "$(dirname "$0")/../cluster.sh"
needs nc
sample_files
start_replica server2 --log-level fatal
start_coordinator server1
concur --client-id alice@here get file1.txt
concur --client-id alice@here get file4.txt
concur ls
concur status --json
ask_in_text server1 'file2.txt\n'
concur get ../canary

cp "${log_of[server1]}" stdout
status=0
command_line='the log of server1'
PORT=${address_of[server1]##*:}
export PORT
expect_json_lines \
  'lines.filter(({ msg }) => msg === "listening").length === 1' \
  'lines.every(({ time, level }) => time !== undefined && level !== undefined)' \
  'lines.some(({ msg, host, port }) => msg === "listening" && host === "127.0.0.1" && port === Number(process.env.PORT))' \
  '(requests = lines.filter(({ msg }) => msg === "request")).length === 5' \
  'requests.every(({ ms, op, client }) => typeof ms === "number" && typeof op === "string" && client !== undefined)' \
  'requests[0].client === "alice@here" && requests[0].path === "file1.txt" && requests[0].verdict === "SINGLE_FILE"' \
  'requests[1].path === "file4.txt" && requests[1].code === "NOT_FOUND"' \
  'requests[4].path === "file2.txt" && requests[4].verdict === "DIFFERENT_FILES"'

[ "$(wc -l <"${log_of[server2]}")" -eq 1 ] || mismatch 'one line at --log-level fatal'
expect_logged server2 '"msg":"listening"'
for name in server1 server2; do [ ! -s "${log_of[$name]}.out" ] || mismatch "nothing on the standard output of $name"; done
