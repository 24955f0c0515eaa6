#!/usr/bin/env bash
# What a scenario expects of the command before. Each says what was expected and what came, and ends the scenario.
# Part of cluster.sh, which loads it and has the variables pid_of and log_of.
# shellcheck disable=SC2154

# mismatch EXPECTED: tells everything of the last command.
mismatch() {
  fail "after: ${command_line:-}" "expected: $1" "exit status: ${status:-}" \
    "standard output:" "$(head -c 4000 stdout | cat -v)" "standard error:" "$(head -c 4000 stderr | cat -v)"
}

# expect_status NUMBER
expect_status() {
  [ "$status" -eq "$1" ] || mismatch "exit status $1"
}

# expect_output LINE…: standard output is these lines, exactly.
expect_output() {
  is_text stdout "$@" || mismatch "on standard output: $(printf '%s\n' "$@")"
}

# expect_errors LINE…: standard error is these lines, exactly.
expect_errors() {
  is_text stderr "$@" || mismatch "on standard error: $(printf '%s\n' "$@")"
}

# expect_output_like PATTERN…: the lines of standard output are like these shell patterns, one for each.
expect_output_like() {
  is_like stdout "$@" || mismatch "on standard output, lines like: $(printf '%s\n' "$@")"
}

expect_errors_like() {
  is_like stderr "$@" || mismatch "on standard error, lines like: $(printf '%s\n' "$@")"
}

expect_no_output() {
  [ ! -s stdout ] || mismatch 'nothing on standard output'
}

expect_no_errors() {
  [ ! -s stderr ] || mismatch 'nothing on standard error'
}

# expect_bytes TEXT: standard output is these bytes (escapes as in printf).
expect_bytes() {
  printf '%b' "$1" | cmp -s - stdout || mismatch "these bytes on standard output: $1"
}

# expect_output_without_end PATTERN: standard output is one line without a newline, like this shell pattern.
expect_output_without_end() {
  [ "$(wc -l <stdout)" -eq 0 ] || mismatch 'one line without a newline'
  # The right side is a pattern.
  # shellcheck disable=SC2053
  [[ $(<stdout) == $1 ]] || mismatch "on standard output, like: $1"
}

# expect_file FILE TEXT: it holds these bytes (escapes as in printf).
expect_file() {
  [ -f "$1" ] || mismatch "a file $1; here is: $(ls -A here)"
  printf '%b' "$2" | cmp -s - "$1" || mismatch "in $1: $2"
}

# expect_same_file FILE FILE
expect_same_file() {
  cmp "$1" "$2" || mismatch "the same bytes in $1 and $2"
}

# expect_everywhere PATH TEXT NODE…: each of these nodes has the file, with these bytes.
expect_everywhere() {
  local path=$1 text=$2 name
  shift 2
  for name; do expect_file "$name/$path" "$text"; done
}

# expect_nowhere PATH NODE…: none of these nodes has anything there.
expect_nowhere() {
  local path=$1 name
  shift
  for name; do
    if [ -e "$name/$path" ] || [ -L "$name/$path" ]; then mismatch "nothing at $path on $name"; fi
  done
}

# expect_tree NODE PATH…: below the root lie these files and folders (with a / at their end), and nothing else but the
# server's own folder.
expect_tree() {
  local name=$1 found
  shift
  found=$(cd "$name/" && find . -mindepth 1 -path ./.concur -prune -o \( -type d -printf '%P/\n' -o -printf '%P\n' \) | sort)
  [ "$found" = "$(printf '%s\n' "$@" | sort)" ] || mismatch "on $name: $*, not: $found"
}

# expect_here NAME…: these names lie in the client's folder and nothing else, hidden files included.
expect_here() {
  [ "$(ls -A here)" = "$(printf '%s\n' "$@" | sort)" ] || mismatch "in the client's folder: $*, not: $(ls -A here)"
}

expect_nothing_here() {
  [ -z "$(ls -A here)" ] || mismatch "nothing in the client's folder, not: $(ls -A here)"
}

# expect_same_trees NODE NODE…: below all these roots lies the same, the servers' own folders apart.
expect_same_trees() {
  local first=$1 name
  shift
  for name; do
    diff -r --exclude=.concur "$first/" "$name/" >differences || mismatch "the same on $first and $name, not: $(head -n 20 differences)"
  done
}

# expect_nothing_staged NODE…: no bytes on their way were left behind.
expect_nothing_staged() {
  local name found
  for name; do
    found=$(find "$name/.concur/staging" "$name/.concur/exchange" -type f)
    [ -z "$found" ] || mismatch "nothing staged on $name, not: $found"
  done
}

# expect_running NAME PID: the server is still that process.
expect_running() {
  if [ "${pid_of[$1]}" -ne "$2" ] || ! is_running "$2"; then mismatch "$1 to be process $2 still"; fi
}

# expect_json FACT…: standard output is one JSON document, one line, of which each fact (a JavaScript expression over
# its keys) is true. `same(a, b)` compares deeply.
expect_json() {
  FILE=stdout AS=document check_facts "$@"
}

# expect_json_lines FACT…: standard output is JSON lines; a fact is about `lines`.
expect_json_lines() {
  FILE=stdout AS=lines check_facts "$@"
}

check_facts() {
  # The quoted text is JavaScript.
  # shellcheck disable=SC2016
  node -e '
    const same = require("util").isDeepStrictEqual
    const text = require("fs").readFileSync(process.env.FILE, "utf8")
    const lines = text.split("\n").slice(0, -1).map(line => JSON.parse(line))
    const isOne = process.env.AS === "document"
    if (!text.endsWith("\n") && text !== "") throw new Error("the last line does not end")
    if (isOne && lines.length !== 1) throw new Error(`${lines.length} documents`)
    const scope = isOne ? lines[0] : { lines }
    for (const fact of process.argv.slice(1)) {
      if (Function("scope", "same", `with (scope) return (${fact})`)(scope, same) !== true) {
        console.error(`not so: ${fact}`)
        process.exit(1)
      }
    }' "$@" 2>facts || mismatch "$(grep -v '^ *at \|^$\|^Node.js' facts)"
}

# expect_one_sentence WORD…: exit status 2 and nothing but one line on standard error, which names each word.
expect_one_sentence() {
  local word
  expect_status 2
  expect_no_output
  [ "$(wc -l <stderr)" -eq 1 ] || mismatch 'one line on standard error'
  for word; do
    grep -qF -- "$word" stderr || mismatch "a sentence that names $word"
  done
}

# expect_never_shown TEXT: no answer of this scenario, and no file that the client saved, has it.
expect_never_shown() {
  ! grep -qaF -- "$1" everything-shown || mismatch "$1 in no answer"
  ! grep -rqaF -- "$1" here || mismatch "$1 in no saved file"
}

# expect_memory_at_most MIB NAME…: the last client and these servers never had more, as the kernel counts it.
expect_memory_at_most() {
  local mib_max=$1 name kib
  shift
  for name in client "$@"; do
    if [ "$name" = client ]; then kib=$(<client-memory); else kib=$(memory_of "$name"); fi
    [ "$kib" -le $((mib_max * 1024)) ] || mismatch "at most $mib_max MiB of memory in $name, not $((kib / 1024))"
  done
}

# memory_of NAME: KiB at the most since it started.
memory_of() {
  sed -nE 's/^VmHWM:\s*([0-9]+) kB$/\1/p' "/proc/${pid_of[$1]}/status"
}

# expect_log_in_json NAME: whatever happened, each line of its log is one of ours.
expect_log_in_json() {
  node -e '
    for (const line of require("fs").readFileSync(process.argv[1], "utf8").split("\n").slice(0, -1)) JSON.parse(line)
    ' "${log_of[$1]}" 2>facts || mismatch "lines of JSON in the log of $1: $(grep SyntaxError facts)"
}

# expect_logged NAME PATTERN: a line of the server's log is like this extended regular expression.
expect_logged() {
  grep -qE -- "$2" "${log_of[$1]}" || mismatch "in the log of $1: $2"
}

is_text() {
  local file=$1
  shift
  printf '%s\n' "$@" | cmp -s - "$file"
}

is_like() {
  local file=$1 line
  shift
  while IFS= read -r line; do
    [ "$#" -gt 0 ] || return 1
    # The right side is a pattern.
    # shellcheck disable=SC2053
    [[ $line == $1 ]] || return 1
    shift
  done <"$file"
  [ "$#" -eq 0 ]
}
