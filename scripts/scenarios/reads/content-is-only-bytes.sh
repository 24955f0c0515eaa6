#!/usr/bin/env bash
# Content is never read as words of a protocol: bars, answers of the plain-text protocol, an error, a frame of the
# binary one, bytes that are no text. Every byte arrives as it is, to the client and to nc.
. "$(dirname "$0")/../cluster.sh"
needs nc
declare -A content=(
  [bars]='a|b||c|'
  [single]='SINGLE_FILE|not a verdict'
  [different]='DIFFERENT_FILES|SERVER1|x|SERVER2|y'
  [missing]='FILE_NOT_FOUND'
  [error]='ERROR|File not found on both servers'
  [frame]='\x00\x00\x00\x05\x00\x00\x00\x01\x02\x00GOAWAY'
  [bytes]='\xff\xfe\x00\x0d\x0a\x0a\x80'
  [no-end]='no newline at the end'
)
names=("${!content[@]}")
for name in "${names[@]}"; do
  printf '%b' "${content[$name]}" | tee "server1/$name" >"server2/$name"
  printf '%b' "${content[$name]}" >"server1/$name-1"
  printf '%b|%s' "${content[$name]}" 2 >"server2/$name-1"
done
start_replica server2 --text
start_coordinator server1

concur get "${names[@]}"
expect_status 0
for name in "${names[@]}"; do
  expect_file "here/$name" "${content[$name]}"
  ask_in_text server1 "$name\n"
  expect_bytes "SINGLE_FILE|${content[$name]}"
  ask_in_text server2 "$name\n"
  expect_bytes "${content[$name]}"
  ask_in_text server1 "$name-1\n"
  expect_bytes "DIFFERENT_FILES|SERVER1|${content[$name]}|SERVER2|${content[$name]}|2"
done

concur get "${names[@]/%/-1}"
expect_status 1
for name in "${names[@]}"; do
  expect_file "here/$name-1.server1" "${content[$name]}"
  expect_file "here/$name-1.server2" "${content[$name]}|2"
done
