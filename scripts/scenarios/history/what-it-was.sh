#!/usr/bin/env bash
# history: every content that a file had and that is still somewhere, with the nodes that have it and how long it stays,
# after overwrites, an append, an edit that gave way, a delete, restarts, through the replica and alone.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write a.txt 'one'
concur write a.txt 'second'
concur append a.txt ' and more'
concur wait --timeout 10s
printf 'edited here' >server2/a.txt
concur write a.txt 'the last'
expect_status 0

expect_all() {
  expect_status 0
  expect_output_like '*put *3 B  b3:*…  server1 = server2  stays 30 d' '*put *6 B *server1  stays 30 d' \
    '*append *15 B *server1  stays 30 d' '     - *by hand *11 B *server2  stays 30 d' '*put *8 B *server1 = server2  now'
}
concur history a.txt
expect_all
concur history a.txt --json
expect_json_lines 'lines.every(line => same(Object.keys(line), ["seq", "time", "type", "digest", "size", "nodes", "restorableUntil"]))' \
  'same(lines.map(({ type }) => type), ["put", "put", "append", null, "put"])' \
  'same(lines.map(({ size }) => size), [3, 6, 15, 11, 8])' \
  'same(lines[3].nodes, ["server2"]) && lines[3].seq === null && lines[4].restorableUntil === null' \
  'Math.abs(Date.parse(lines[0].restorableUntil) - Date.now() - 30 * 86400000) < 600000'
CONCUR_SERVER=${address_of[server2]} concur history a.txt
expect_all

concur write docs/b.txt 'one'
concur rm docs/b.txt
concur history docs --json
expect_json_lines 'lines.length === 1 && lines[0].path === "docs/b.txt" && lines[0].type === "put"'
concur history docs/b.txt
expect_output_like '*put *3 B *server1 = server2  stays 30 d'
concur history /
expect_output_like '*a.txt' '*a.txt' '*a.txt' '*a.txt' '*a.txt' '*docs/b.txt'
concur history never-there
expect_status 2
expect_errors_like 'ERROR NOT_FOUND never-there: nothing that it was is on server1, server2'

for name in server2 server1; do
  concur wait --timeout 10s
  stop "$name"
  if [ "$name" = server1 ]; then start_coordinator server1; else start_replica server2; fi
  within 10 is_state server2 up
done
concur history a.txt
expect_all

stop server1
CONCUR_SERVER=${address_of[server2]} concur history a.txt
expect_status 0
expect_output_like '*put *3 B *server2  stays 30 d' '*by hand *server2  stays 30 d' '*put *8 B *server2  now'
expect_errors_like 'not asked: server1 was not asked*'
CONCUR_SERVER=${address_of[server2]} concur history --prune --yes
expect_status 2
expect_errors_like 'ERROR UNREACHABLE*'
