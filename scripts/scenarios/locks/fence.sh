#!/usr/bin/env bash
# --fence N: every change may state the token of its lock; one that is older than the path's newest is STALE_TOKEN, also when
# nobody holds the path any more.
. "$(dirname "$0")/../cluster.sh"
start_all server2
token() {
  node -p 'JSON.parse(require("fs").readFileSync("stdout", "utf8")).token'
}
concur lock x --client-id ann@laptop --json
first=$(token)
concur write x 'ann' --client-id ann@laptop --fence "$first"
expect_status 0
concur unlock x --client-id ann@laptop
concur write x 'still the newest' --client-id ann@laptop --fence "$first"
expect_status 0
concur lock x --client-id bob@desk --json
second=$(token)
[ "$second" -gt "$first" ] || mismatch 'a higher token'
concur write x 'late' --client-id ann@laptop --fence "$first"
expect_status 2
expect_errors_like "ERROR STALE_TOKEN x: the token $first is older than the newest; the newest is $second, locked by bob@desk since 2*Z until 2*Z from 127.0.0.1"
concur write x 'not his' --client-id ann@laptop --fence "$second"
expect_status 2
expect_errors_like 'ERROR LOCKED x: *'
concur unlock x --client-id bob@desk
printf late >here/late
for change in 'write x late' 'append x late' 'put late x' 'mv x y' 'mv other x --force' 'rm x' 'mkdir -p x/y'; do
  [ "$change" = 'mv other x --force' ] && concur write other 'o'
  # The words of a command.
  # shellcheck disable=SC2086
  concur $change --client-id ann@laptop --fence "$first" --json
  expect_status 2
  expect_json 'ok === false && error.code === "STALE_TOKEN" && !("op" in scope)'
done
expect_everywhere x 'still the newest' server1 server2
concur write x 'new' --client-id ann@laptop --fence "$second"
expect_status 0
concur write x 'without' --client-id ann@laptop
expect_status 0
concur write x 'x' --fence -1
expect_one_sentence --fence
