#!/usr/bin/env bash
# Wrong usage: one sentence on standard error, exit status 2, and no server is asked; with --json one document on
# standard output. The same when no server is there.
. "$(dirname "$0")/../cluster.sh"
export CONCUR_SERVER=127.0.0.1:1

# refused WORD ARGUMENT…: the sentence names WORD.
refused() {
  local word=$1
  shift
  concur "$@"
  expect_one_sentence USAGE "$word"
}

refused command
refused fetch fetch file
refused PATH get
refused PATH stat
refused word stat a word
refused b status b
refused --nonsense get a --nonsense
refused -r cat a -r
refused -x get a -x
refused -o get a -o
refused --json get a --json=perhaps
refused nonsense get a --server nonsense
refused --from get a --from 'No Node'
refused --client-id get a --client-id ''
refused -o get a b -o one-name
refused --config get a --config no-such-file.json
refused put put

concur get --json
expect_status 2
expect_no_errors
expect_json 'same(Object.keys(scope), ["ok", "error"]) && ok === false && error.code === "USAGE" && error.message.includes("PATH")'

concur get a
expect_status 2
expect_no_output
expect_errors_like 'ERROR UNREACHABLE*127.0.0.1:1*'
concur get a --json
expect_status 2
expect_json 'ok === false && error.code === "UNREACHABLE" && same(Object.keys(scope), ["ok", "error"])'
concur ls --json
expect_status 2
expect_json 'ok === false && error.code === "UNREACHABLE"'

concur --help
expect_status 0
expect_no_errors
for word in get cat ls stat status --server --json --strict; do grep -q -- "$word" stdout || mismatch "a help that names $word"; done
