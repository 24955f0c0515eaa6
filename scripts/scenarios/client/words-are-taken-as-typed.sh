#!/usr/bin/env bash
# Paths are strings byte for byte, whatever number, option or sign they look like; options stand anywhere before --.
. "$(dirname "$0")/../cluster.sh"
names=(007 1e3 0x10 -1 true null - --json -o ls '')
for name in "${names[@]}"; do [ -z "$name" ] || printf '%s' "$name" >"server1/$name"; done
printf 'plain' >server1/plain
start_coordinator server1

concur get 007 1e3 0x10 true null -
expect_status 0
expect_here - 007 0x10 1e3 null true
expect_file here/007 007
rm -- here/*
concur get --quiet -- --json -o -1 ls
expect_status 0
expect_no_output
expect_here --json -1 -o ls
rm -- here/*

for words in '--json get plain' 'get --json plain' 'get plain --json' '--json --strict get plain'; do
  # Words, on purpose.
  # shellcheck disable=SC2086
  concur $words
  expect_status 0
  expect_json 'verdict === "SINGLE_FILE" && versions[0].savedAs === "plain"'
done
for words in 'get plain -o here1' 'get -o here1 plain' 'get -ohere1 plain' 'get --output here1 plain'; do
  # shellcheck disable=SC2086
  concur $words
  expect_status 0
  expect_file here/here1 plain
  rm here/here1
done

# Several: each is told by itself, the worst is the exit status, and the rest is saved.
concur get nothing plain 'a/../b' 007
expect_status 2
expect_output_like 'SINGLE_FILE plain *' 'SINGLE_FILE 007 *'
expect_errors_like 'ERROR NOT_FOUND nothing: not on server1' 'ERROR BAD_PATH a/../b: *'
expect_here 007 plain
