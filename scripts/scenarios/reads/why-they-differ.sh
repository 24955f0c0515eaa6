#!/usr/bin/env bash
# Edited behind the back, and always told why: what the journal wrote, what was edited, which older content was put back,
# who deleted a file that is there again, where only a name is missing, and what stands in a file's place.
. "$(dirname "$0")/../cluster.sh"
start_all server2

# written FILE TEXT: its seq.
written() {
  concur write "$1" "$2" --json
  node -p 'JSON.parse(require("fs").readFileSync("stdout", "utf8")).op.seq'
}

first=$(written plan.md 'first plan')
second=$(written plan.md 'second plan')
concur stat plan.md
expect_status 0
expect_output_like "SINGLE_FILE plan.md  11 B  server1 = server2  b3:*  as written (seq $second)"

printf 'a plan by hand' >server2/plan.md
concur stat plan.md
expect_status 1
expect_output_like 'DIFFERENT_FILES plan.md  2 versions' \
  "  server1  11 B  b3:*  *  as written (seq $second)" \
  '  server2  14 B  b3:*  edited on disk'

printf 'first plan' >server2/plan.md
concur stat plan.md
expect_status 1
expect_output_like 'DIFFERENT_FILES plan.md  2 versions' \
  "  server1  11 B  b3:*  *  as written (seq $second)" \
  "  server2  10 B  b3:*  edited on disk, equals seq $first"
concur stat plan.md --json
FIRST=$first SECOND=$second expect_json \
  'versions[0].cause === null && versions[0].note === "as written (seq " + process.env.SECOND + ")"' \
  'versions[1].cause === "edited-on-disk" && versions[1].note === "equals seq " + process.env.FIRST' \
  'versions.every(({ nodes, checkedAt }) => nodes.every(node => checkedAt[node].endsWith("Z")))' \
  'lastOp.type === "put" && lastOp.seq === Number(process.env.SECOND) && lastOp.epoch === 1 && lock === null'

# A restart, and an index that was lost, change nothing of it.
stop server1
rm -r server1/.concur/index
start_coordinator server1
within 10 is_state server2 up
concur get plan.md
expect_status 1
expect_output_like 'DIFFERENT_FILES plan.md  2 versions' \
  "  server1  11 B  b3:*  as written (seq $second)  saved as plan.md.server1" \
  "  server2  10 B  b3:*  edited on disk, equals seq $first  saved as plan.md.server2" \
  'settle it: concur diff plan.md · concur resolve plan.md --keep server1'

concur --client-id ann@laptop rm plan.md
expect_status 0
printf 'kept after all' >server2/plan.md
concur stat plan.md
expect_status 1
expect_output_like 'DIFFERENT_FILES plan.md  1 version  (missing on server1)' \
  '  server2  14 B  b3:*  edited on disk, deleted by ann@laptop at 20*Z (seq *)'
concur stat plan.md --json
expect_json 'lastOp.type === "delete" && lastOp.client === "ann@laptop"'

written gone 'x' >/dev/null
rm server2/gone
concur stat gone --json
expect_status 0
expect_json 'verdict === "SINGLE_FILE" && /deleted by hand/.test(details.server2.reason)'
printf 'x' >server2/never
concur stat never --json
expect_json 'verdict === "SINGLE_FILE" && /never had it/.test(details.server1.reason) && lastOp === null'

written there 'x' >/dev/null
rm server2/there
mkdir server2/there
concur stat there
expect_status 1
expect_output_like 'DIFFERENT_FILES there  2 versions' '  server1  1 B *as written (seq *)' '  server2  folder *edited on disk'
concur stat there --json
expect_json 'versions[1].type === "folder" && versions[1].note === "a folder" && versions[1].cause === "edited-on-disk"'
