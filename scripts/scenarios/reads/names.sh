#!/usr/bin/env bash
# Anything is a name that is not empty, not . or .., and has no control character: spaces, quotes, dashes in front,
# patterns, backslashes, non-ASCII letters in both spellings, 255 bytes. No pattern is expanded, nothing is normalised.
. "$(dirname "$0")/../cluster.sh"
needs nc
long=$(printf 'ä%.0s' {1..127})x
# shellcheck disable=SC2016
names=('a b' ' lead' 'trail ' "it's" 'say "hi"' '--json' '-o' '-' '007' '1e3' 'true' '*' '?' '[a]' '{a,b}' '$HOME' '`id`' ';ls'
  'a\b' 'a\nb' '%41' 'a|b' '#x' '~' '...' '..x' '.hidden' 'Grüße.txt' '日本語' '😀' $'\u00e9' $'e\u0301' "$long" 'x.concur' '.concurx' '=' '+' '&')
for name in "${names[@]}"; do printf '%s' "$name" | tee "server1/$name" >"server2/$name"; done

# The two spellings of é are two names; a file in each would be one file on another system.
[ "$(find server1 -type f | wc -l)" -eq "${#names[@]}" ] || fail 'this file system knows some of the names as one'

# What no path can name does not disturb a listing: it is in it, escaped.
printf 'x' >$'server1/new\nline'
printf 'x' >$'server1/no-utf8-\xff'
start_replica server2
start_coordinator server1

concur get -- "${names[@]}"
expect_status 0
expect_no_errors
for name in "${names[@]}"; do expect_file "here/$name" "${name//\\/\\\\}"; done

concur ls --json
expect_status 0
NAMES=$(printf '%s\n' "${names[@]}")
export NAMES
expect_json_lines \
  'same(lines.filter(({ escaped }) => escaped).map(({ path }) => path), ["new\\x0aline", "no-utf8-\\xff"])' \
  'lines.every(({ mark, escaped }) => mark === (escaped ? "!" : "="))' \
  'same(lines.filter(({ escaped }) => !escaped).map(({ path }) => path), process.env.NAMES.split("\n").sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))'

ask_in_text server1 'Grüße.txt\n'
expect_bytes 'SINGLE_FILE|Grüße.txt'
ask_in_text server1 'a|b\n'
expect_bytes 'SINGLE_FILE|a|b'

# A path may be long: sixteen folders of 250 bytes.
deep=$(printf "$(printf 'd%.0s' {1..250})/%.0s" {1..16})
mkdir -p "server1/$deep" "server2/$deep"
printf 'deep' | tee "server1/${deep}file" >"server2/${deep}file"
concur get "${deep}file"
expect_status 0
expect_file here/file 'deep'

# One byte more than 255 is no name.
concur get "x$long"
expect_status 2
expect_errors_like 'ERROR BAD_PATH *'
