#!/usr/bin/env bash
# unlock: the holder gives its lock back; of a free path it is done; another needs --steal, which is logged and makes the
# old holder's changes stale until it locks again.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur unlock x
expect_status 0
expect_output 'unlock x  free'
concur lock x --client-id ann@laptop
concur unlock x --client-id ann@laptop --json
expect_status 0
expect_json 'same(scope, { ok: true, path: "x", state: "free", holder: null, token: null, expiresInMs: null })'
concur write x 'free' --client-id bob@desk
expect_status 0

concur lock x --client-id ann@laptop
concur unlock x --client-id bob@desk
expect_status 2
expect_errors_like 'ERROR LOCKED x: locked by ann@laptop *'
concur write x 'bob' --client-id bob@desk
expect_status 2
concur unlock x --client-id bob@desk --steal
expect_status 0
expect_output 'unlock x  free'
expect_logged server1 '"msg":"lock stolen"'
expect_logged server1 '"client":"bob@desk".*"path":"x","holder":"ann@laptop"'
for name in server1 server2; do
  within 5 grep -q '"client":"bob@desk","type":"unlock","path":"x".*"how":"stolen"' "$name/.concur/log.json"
done
concur log x -n 1
expect_output_like '*unlock x  by bob@desk'
concur write x 'ann' --client-id ann@laptop
expect_status 2
expect_errors_like 'ERROR STALE_TOKEN x: the lock of ann@laptop *was stolen*bob@desk stole the lock of it at 2*Z from 127.0.0.1*'
concur write x 'bob' --client-id bob@desk
expect_status 0

# Also after a restart, and until it locks again.
crash server1
start_coordinator server1
within 10 is_state server2 up
concur write x 'ann' --client-id ann@laptop
expect_status 2
expect_errors_like 'ERROR STALE_TOKEN x: *'
expect_everywhere x 'bob' server1 server2
concur lock x --client-id ann@laptop
concur write x 'ann' --client-id ann@laptop
expect_status 0
expect_everywhere x 'ann' server1 server2
