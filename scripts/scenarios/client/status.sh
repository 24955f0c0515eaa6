#!/usr/bin/env bash
# status: one screen of coordinator and replicas. --watch shows it anew
# until Ctrl-C.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_replica server3
start_coordinator server1
crash server3
within 5 is_state server3 down

concur status
expect_status 0
expect_no_errors
expect_output_like "server1 *coordinator *${address_of[server1]} *serving*" "server2 *replica *${address_of[server2]} *up*" \
  "server3 *replica *${address_of[server3]} *down*" "next: start server3: *"

has_counted() {
  concur status --json
  node -e '
    const { coordinator, replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(coordinator.files === 3 && replicas[0].files === 2 && replicas[0].lastHeartbeatMs !== null ? 0 : 1)'
}
within 10 has_counted
export ADDRESS=${address_of[server2]}
expect_json \
  '["name", "address", "epoch", "seq", "state", "reason"].every(key => key in coordinator)' \
  'coordinator.name === "server1" && coordinator.state === "serving" && coordinator.seq > 0 && coordinator.epoch === 1' \
  'same(replicas.map(({ name, state }) => [name, state]), [["server2", "up"], ["server3", "down"]])' \
  '["name", "address", "state", "rolledBack", "fenced", "epoch", "appliedSeq", "lagOps", "lagMs", "lastHeartbeatMs", "files", "bytes", "diskFree"].every(key => replicas.every(replica => key in replica))' \
  'replicas[0].address === process.env.ADDRESS && replicas[0].appliedSeq > 0 && replicas[0].rolledBack === false' \
  'replicas[0].lastHeartbeatMs < 3000 && replicas[0].bytes === 50 && replicas[0].diskFree > 0' \
  'typeof replicas[1].reason === "string" && same(locks, []) && "conflicts" in scope'

begin_concur status --watch --json
has_seen_three() {
  [ "$(wc -l <stdout)" -ge 3 ]
}
within 10 has_seen_three
kill -INT "$client"
end_concur
expect_status 130
expect_json_lines 'lines.length >= 3 && lines.every(({ coordinator }) => coordinator.state === "serving")'
