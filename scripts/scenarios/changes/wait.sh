#!/usr/bin/env bash
# wait: until every configured node has everything. A replica that was down catches up by itself.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write x 'one'
concur wait
expect_status 0
expect_output_like 'every node has what was changed up to seq [0-9]*'

crash server2
within 10 is_state server2 down
for at in 1 2 3 4 5; do concur write "file$at" "content $at"; done
concur write x 'two'
expect_status 0
concur rm file5
concur mv file4 renamed
concur wait --timeout 1s --json
expect_status 2
expect_json 'ok === false && same(behind, ["server2"]) && error.code === "TIMEOUT" && seq > 0'
concur wait --timeout 1s
expect_status 2
expect_errors_like 'ERROR TIMEOUT: *server2*'
expect_file server2/x 'one'

start_replica server2
concur wait
expect_status 0
expect_same_file server1/x server2/x
for name in server1 server2; do
  expect_tree "$name" file1 file2 file3 renamed x
  expect_file "$name/renamed" 'content 4'
done
within 10 is_state server2 up
concur status --json
expect_json 'replicas[0].lagOps === 0 && replicas[0].appliedSeq === coordinator.seq && replicas[0].rolledBack === false'
concur write x 'three'
expect_output_like 'write x  5 B  seq [0-9]*  copies 2 of 2' 'undo: concur *'
concur wait x
expect_status 0
