#!/usr/bin/env bash
# FIFOs, sockets and devices are no files: nobody opens them, so nothing blocks and nothing is read from a device.
. "$(dirname "$0")/../cluster.sh"
needs nc
for node in server1 server2; do
  mkfifo $node/fifo
  mkfifo $node/fifo-and-file
  # A socket stays in its folder when its program is killed.
  (cd $node && exec nc -lU socket) &
  background+=("$!")
  within 5 test -S $node/socket
  kill -KILL "$!"
  [ "$(id -u)" -ne 0 ] || mknod $node/device c 1 5 2>/dev/null || true
done
rm server1/fifo-and-file
printf 'bytes' >server1/fifo-and-file
start_replica server2 --text
start_coordinator server1 --read-timeout 1s
names=(fifo socket)
[ ! -c server1/device ] || [ ! -c server2/device ] || names+=(device)

for name in "${names[@]}"; do
  concur get "$name"
  expect_status 2
  expect_errors_like "ERROR NOT_A_FILE $name: *server1*server2*"
  ask_in_text server1 "$name\n"
  expect_output_without_end 'ERROR|*[a-z]*'
  ask_in_text server2 "$name\n"
  expect_bytes 'FILE_NOT_FOUND'
done
expect_nothing_here

concur get fifo-and-file --json
expect_status 1
expect_json 'verdict === "DIFFERENT_FILES" && same(versions.map(({ type }) => type), ["file", "other"])' \
  'same(versions.map(({ savedAs }) => savedAs), ["fifo-and-file.server1", null]) && same(unreachable, [])'

concur ls --json
expect_status 1
NUMBER=$((${#names[@]} + 1))
export NUMBER
expect_json_lines 'lines.length === Number(process.env.NUMBER)' \
  'lines.every(({ path, type, mark }) => path === "fifo-and-file" ? mark === "*" : type === "other")'
