#!/usr/bin/env bash
# What somebody does in the folder of a node shows in the status within five seconds, though nobody asked for the file;
# a change that settles it ends it.
. "$(dirname "$0")/../cluster.sh"
start_all server2
mkdir here/docs
for name in a b c d; do printf 'one' >here/docs/$name; done
concur put -r docs
expect_status 0

# conflicts_are NUMBER
conflicts_are() {
  concur status --json
  NUMBER=$1 node -e '
    const { conflicts } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(conflicts === Number(process.env.NUMBER) ? 0 : 1)'
}
within 10 conflicts_are 0

printf 'two' >server2/docs/a
rm server2/docs/b
printf 'longer' >server1/docs/c
mv server2/docs/d server2/docs/e
within 5 conflicts_are 4
expect_json \
  'coordinator.marks === 1 && replicas[0].marks === 3' \
  'coordinator.scanAgeMs >= 0 && replicas[0].scanAgeMs >= 0' \
  '[coordinator, ...replicas].every(({ held, unwatched }) => held === null && unwatched === null)'
concur status
expect_status 0
expect_output_like 'server1 *  1 path changed on disk  *scanned *' 'server2 *  3 paths changed on disk  *scanned *' \
  'next: see what was changed on disk: *'
concur ls docs
expect_output '* docs/a' '+ docs/b' '* docs/c' '+ docs/d' '- docs/e'

for name in a b c d; do concur write docs/$name 'three'; done
expect_status 0
within 5 conflicts_are 0
expect_everywhere docs/a three server1 server2

# A folder goes with all that is in it, and comes back: four files, and the folder.
mv server2/docs away
within 5 conflicts_are 5
mv away server2/docs
within 5 conflicts_are 0
printf 'four' >server2/docs/a
within 5 conflicts_are 1

# It is found as well when the server did not run meanwhile.
stop server2
printf 'two' >server2/docs/b
start_replica server2
within 10 conflicts_are 2
