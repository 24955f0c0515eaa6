#!/usr/bin/env bash
# check: free and one's own are status 0, somebody else's is 1.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur check docs/a
expect_status 0
expect_output 'check docs/a  free'
concur lock docs --client-id ann@laptop --ttl 5m
concur check docs/a --client-id ann@laptop
expect_status 0
expect_output_like 'check docs/a  mine  by ann@laptop with docs  since * from 127.0.0.1  token [0-9]*  [45] min left'
concur check docs/a --client-id bob@desk
expect_status 1
expect_output_like 'check docs/a  held  by ann@laptop with docs  since * from 127.0.0.1  token [0-9]*  [45] min left'
concur check docs/a --client-id bob@desk --json
expect_status 1
expect_json 'same(Object.keys(scope), ["ok", "path", "state", "holder", "token", "expiresInMs"])' \
  'ok === true && path === "docs/a" && state === "held" && holder === "ann@laptop" && expiresInMs > 290000'
concur check elsewhere --client-id bob@desk --json
expect_status 0
expect_json 'same(scope, { ok: true, path: "elsewhere", state: "free", holder: null, token: null, expiresInMs: null })'
concur check ../x
expect_status 2
expect_errors_like 'ERROR BAD_PATH ../x: *'
CONCUR_SERVER=${address_of[server2]} concur check docs --client-id bob@desk
expect_status 1
