#!/usr/bin/env bash
# A root that was emptied while the server was stopped, or lies on a disk that is not mounted, is no copy: the node takes
# no changes and says why, nothing is deleted anywhere, and it goes on when the files are back or somebody says that it was
# meant.
. "$(dirname "$0")/../cluster.sh"
start_all server2
for name in a b c; do concur write $name 'content'; done
expect_status 0
stop server2
mkdir away
mv server2/[abc] away
start_replica server2

is_fenced() {
  concur status --json
  node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(/^this node takes no changes: the root is empty|^the root is empty/.test(replicas[0].fenced) ? 0 : 1)'
}
within 10 is_fenced
expect_logged server2 '"reason":"the root is empty, .*"msg":"takes no changes"'
concur status
expect_output_like 'server1 *' 'server2 *fenced: the root is empty, though the journal put files there: *--recheck if it was meant' '*'
concur write a 'changed' --json
expect_status 0
expect_json 'same(applied, ["server1"]) && same(behind, ["server2"])'
concur get b
expect_status 0
expect_output_like 'SINGLE_FILE b *server1*missing on server2*'
expect_tree server1 a b c
expect_tree server2

# The files are back.
stop server2
mv away/* server2
start_replica server2
within 10 is_state server2 up
concur wait
expect_status 0
expect_everywhere a changed server1 server2

# It was meant.
stop server2
rm server2/*
start_replica server2 --recheck
within 10 is_state server2 up
concur write b 'again'
expect_status 0
expect_everywhere b again server1 server2
expect_nowhere c server2

# Another folder in the root's place, as under a disk that was mounted over it or is not mounted any more.
mv server1 server1-away
mkdir server1
is_refusing() {
  concur status --json
  node -e '
    const { coordinator } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(/another folder stands where the root was/.test(coordinator.reason) ? 0 : 1)'
}
within 15 is_refusing
concur write b 'more'
expect_status 2
expect_errors_like 'ERROR READ_ONLY *another folder stands where the root was*'
[ -z "$(ls -A server1)" ] || fail 'something was written into the other folder'
rmdir server1
mv server1-away server1
