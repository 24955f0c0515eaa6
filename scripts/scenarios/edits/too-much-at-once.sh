#!/usr/bin/env bash
# Sixty of a hundred files deleted by hand: the copy is held, with the counts and what to do; it is compared as it is,
# nothing is deleted elsewhere, and it stays held across a restart until the files are back or somebody says it was meant.
. "$(dirname "$0")/../cluster.sh"
mkdir here/files
for number in {1..100}; do printf 'content %s' "$number" >here/files/"$number"; done
start_all server2
concur put -r files
expect_status 0
cp -a server2/files saved

is_held() {
  concur status --json
  node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(replicas[0].held !== null ? 0 : 1)'
}
for number in {1..60}; do rm server2/files/"$number"; done
within 20 is_held
expect_json \
  'replicas[0].held.startsWith("60 of 100 files vanished or changed on this disk")' \
  'replicas[0].held.includes("--recheck") && replicas[0].marks === 60 && conflicts === 60' \
  'replicas[0].state === "up" && replicas[0].fenced === null && coordinator.held === null'
concur status
expect_output_like 'server1 *' 'server2 *60 paths changed on disk*held: 60 of 100 files vanished or changed on this disk*' '*'
expect_logged server2 '"msg":"the copy is held"'
[ "$(find server1/files -type f | wc -l)" -eq 100 ] || fail 'files are gone on server1'
concur get files/7
expect_output_like 'SINGLE_FILE files/7 *missing on server2*'
concur write other 'content'
expect_everywhere other content server1 server2

stop server2
start_replica server2
within 10 is_held
rm -r server2/files
cp -a saved server2/files
within 20 not is_held

for number in {1..60}; do printf 'x' >server2/files/"$number"; done
within 20 is_held
stop server2
start_replica server2 --recheck
within 10 is_state server2 up
marks_are_60() {
  concur status --json
  node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(replicas[0].marks === 60 && replicas[0].held === null ? 0 : 1)'
}
within 10 marks_are_60
