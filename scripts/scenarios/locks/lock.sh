#!/usr/bin/env bash
# lock: one client alone changes a path and what is below it; others are told who holds it, since when, until when, and from
# where. Locking again renews. It lasts for its time, waits for others as long as it may, and outlives every restart.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write plan.md 'one'

concur lock plan.md --client-id ann@laptop
expect_status 0
expect_output_like 'lock plan.md  token [0-9]*  for 60 s' 'undo: concur unlock plan.md'
concur lock plan.md --client-id bob@desk
expect_status 2
expect_no_output
expect_errors_like 'ERROR LOCKED plan.md: locked by ann@laptop since 2*Z until 2*Z from 127.0.0.1'
concur lock plan.md --client-id bob@desk --json
expect_status 2
expect_json 'ok === false && error.code === "LOCKED"'
for change in 'write plan.md two' 'append plan.md two' 'rm plan.md' 'mv plan.md elsewhere' 'mv -f other plan.md'; do
  [ "$change" = 'mv -f other plan.md' ] && concur write other x
  # The words of a command.
  # shellcheck disable=SC2086
  concur $change --client-id bob@desk
  expect_status 2
  expect_errors_like 'ERROR LOCKED *locked by ann@laptop *'
done
expect_everywhere plan.md 'one' server1 server2
concur cat plan.md --client-id bob@desk
expect_status 0
concur write plan.md 'two' --client-id ann@laptop
expect_status 0

# Locking again renews, with the same token.
concur lock plan.md --client-id ann@laptop --json
expect_status 0
expect_json 'ok === true && state === "mine" && holder === "ann@laptop" && expiresInMs > 59000' 'path === "plan.md"'
token_of() {
  concur check "$1" --client-id "$2" --json
  node -p 'JSON.parse(require("fs").readFileSync("stdout", "utf8")).token'
}
token=$(token_of plan.md ann@laptop)
concur lock plan.md --client-id ann@laptop --ttl 2m --json
expect_json "token === $token && expiresInMs > 119000"

# A folder is locked with what is below it, a path where nothing is as well; a rename does not take the lock along.
concur lock docs --client-id ann@laptop
expect_status 0
concur write docs/a/b 'x' --client-id bob@desk
expect_errors_like 'ERROR LOCKED docs/a/b: docs is locked by ann@laptop *'
concur lock docs/a --client-id bob@desk
expect_errors_like 'ERROR LOCKED docs/a: docs is locked by ann@laptop *'
concur write docs/a 'x' --client-id ann@laptop
concur mv docs moved --client-id ann@laptop
expect_status 0
concur write moved/a 'y' --client-id bob@desk
expect_status 0
concur write docs/a 'y' --client-id bob@desk
expect_status 2

# Status, stat and log tell of it.
concur status
expect_status 0
grep -q '^locked: plan.md  by ann@laptop from 127.0.0.1  token '"$token"'  1[01][0-9] s left$' stdout || mismatch 'the lock of plan.md'
concur status --json
expect_json 'same(locks.map(({ path, holder }) => [path, holder]), [["docs", "ann@laptop"], ["plan.md", "ann@laptop"]])'
concur stat plan.md --json
expect_json 'lock.holder === "ann@laptop" && lock.from === "127.0.0.1" && lock.path === "plan.md"' "lock.token === $token"
concur log plan.md --json
expect_json_lines 'lines.filter(({ type }) => type === "lock").every(({ client }) => client === "ann@laptop")'
expect_json_lines 'lines.filter(({ type }) => type === "lock").length === 3'

# Every restart, also a crash: the same lock, with its whole time anew.
for name in server2 server1; do
  crash "$name"
  if [ "$name" = server1 ]; then start_coordinator server1; else start_replica server2; fi
  within 10 is_state server2 up
  concur check plan.md --client-id ann@laptop --json
  expect_json 'state === "mine"' "token === $token" 'expiresInMs > 100000'
  concur write plan.md 'three' --client-id bob@desk
  expect_status 2
done

# It waits for whoever holds it, and not longer than it may.
concur lock short --client-id ann@laptop --ttl 4s
concur lock short --client-id bob@desk --wait 200ms
expect_status 2
expect_errors_like 'ERROR LOCKED short: *'
before=$(now_ms)
concur lock short --client-id bob@desk --wait 20s
expect_status 0
[ $(($(now_ms) - before)) -lt 8000 ] || mismatch 'the lock when its time was over'
grep -q '"type":"unlock","path":"short".*"how":"expired"' server1/.concur/log.json || within 5 grep -q '"how":"expired"' server1/.concur/log.json

# Through the replica it is the same lock; with the coordinator gone nobody promises anything.
CONCUR_SERVER=${address_of[server2]} concur lock far --client-id ann@laptop
expect_status 0
concur lock far --client-id bob@desk
expect_errors_like 'ERROR LOCKED far: locked by ann@laptop *from server2'
crash server1
for command in 'lock far' 'unlock far' 'check far'; do
  # The words of a command.
  # shellcheck disable=SC2086
  CONCUR_SERVER=${address_of[server2]} concur $command
  expect_status 2
  expect_errors_like 'ERROR UNREACHABLE far: *'
done

# Values that cannot be.
concur lock x --ttl 10ms
expect_one_sentence --ttl 10ms
concur lock x y
expect_one_sentence '"y" is one word too many'
