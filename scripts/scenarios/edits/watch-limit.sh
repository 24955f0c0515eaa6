#!/usr/bin/env bash
# The system lets a user watch so many folders and no more: the status and the log say of how many nothing is noticed as
# it happens, and why; what happens there is found all the same, by a scan.
. "$(dirname "$0")/../cluster.sh"
needs unshare
limited=(unshare --user --map-root-user sh -c 'echo 2 >/proc/sys/user/max_inotify_watches && exec "$@"' sh)
"${limited[@]}" true 2>/dev/null || skip 'no limit can be set here'
for name in a b c; do
  mkdir -p server2/$name
  printf 'x' >server2/$name/file
done
with=("${limited[@]}")
start_replica server2
# It is the other scripts' variable.
# shellcheck disable=SC2034
with=()
start_coordinator server1
within 10 is_state server2 up

is_told() {
  concur status --json
  node -e '
    const { coordinator, replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    const { unwatched } = replicas[0]
    const is = /^changes in 2 folders are not noticed as they come: the system lets this user watch no more/.test(unwatched)
    process.exit(is && coordinator.unwatched === null ? 0 : 1)'
}
within 5 is_told
concur status
expect_output_like 'server1 *' 'server2 *changes in 2 folders are not noticed as they come: *' 'next: *'
expect_logged server2 '"msg":"not everything is watched"'

# All else goes on.
concur write a/other 'content'
expect_status 0
expect_everywhere a/other content server1 server2
concur ls
expect_output '= a/' '- b/' '- c/'
stop server2
expect_status 0
