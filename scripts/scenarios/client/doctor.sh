#!/usr/bin/env bash
# What is wrong with the nodes, looked at from here: a line a check, with its fix, and status 2 while something is.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1

# Both nodes of a scenario lie on one disk; that alone is wrong once all was compared.
await_line() {
  local i
  for ((i = 0; i < 100; i++)); do
    concur doctor
    grep -q "$1" stdout && return
    sleep 0.1
  done
  fail "no line $1"
}

await_line '^ok .* server2  *scan '
expect_status 2
grep -q "^ok  *${address_of[server2]}  *reachable  *answers within " stdout || fail 'the replica is not reached'
grep -q '^BAD  all nodes  *deep verification  never, as far as is known$' stdout || fail 'a deep verification is not missed'
grep -q '^     fix: concur verify --deep ' stdout || fail 'nothing says what to do about it'
expect_no_errors

concur verify --deep
concur doctor --quiet
expect_status 2
expect_output \
  'BAD  server1 and server2  one disk  their files lie on one disk, which may take all of them with it' \
  '     fix: give each node a disk of its own, best in a machine of its own'

# For a program: a document a check.
concur doctor --json
expect_status 2
expect_json_lines \
  'lines.every(line => same(Object.keys(line), ["subject", "check", "ok", "says", "fix"]))' \
  'same(lines.filter(({ ok }) => !ok).map(({ check }) => check), ["one disk"])' \
  'lines.some(({ subject, check, ok }) => subject === "server2" && check === "clock" && ok)'

# A replica that is gone.
replica=${address_of[server2]}
stop server2
concur doctor
expect_status 2
grep -q "^BAD  $replica  *reachable  *no server answers " stdout || fail 'a replica that is gone is reached'
grep -q '^BAD  server2  *examined  *could not be examined: ' stdout || fail 'a replica that is gone was examined'

# The one that is left answers for itself.
start_replica server2
await_line '^ok .* server2  *state  *in step'
stop server1
CONCUR_SERVER=${address_of[server2]} concur doctor --quiet
expect_status 2
grep -q '^BAD  server1  *examined  *could not be examined: was not asked, ' stdout || fail 'who was not asked is not named'

concur doctor
expect_status 2
expect_no_output
