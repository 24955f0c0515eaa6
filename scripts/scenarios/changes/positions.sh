#!/usr/bin/env bash
# status after changes: where the order stands, who is behind, and what comes next.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write x 'one'
concur status
expect_status 0
expect_output_like 'server1 *coordinator *serving *epoch 1 *seq [0-9]*' 'server2 *replica *up *epoch 1 *applied [0-9]*'
concur status --json
expect_json 'coordinator.epoch === 1 && coordinator.seq > 0' \
  'replicas[0].epoch === 1 && replicas[0].lagOps === 0 && replicas[0].rolledBack === false && replicas[0].fenced === null'

crash server2
within 10 is_state server2 down
concur write x 'two'
concur status
expect_output_like 'server1 *serving*' 'server2 *replica *down*' \
  "next: start server2: concur-replica --root DIR --name server2 --listen ${address_of[server2]} …"
concur status --json
expect_json 'replicas[0].lagOps > 0 && replicas[0].lastHeartbeatMs > 0'
