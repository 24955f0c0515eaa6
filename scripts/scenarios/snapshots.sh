#!/usr/bin/env bash
# Nodes that are put back from a copy of their whole folder, as when a machine is restored from yesterday's snapshot, and
# what is expected of their meeting. Loaded by the scenarios of snapshots/, after cluster.sh.
#
#   yesterday → snapshot → today → put back → 30 changes → meeting
#
# Whatever was ever written is kept in a list, and in the end it must be there: in a tree, or in a node's history.
# shellcheck disable=SC2154

# write_kept PATH CONTENT: a content of one line, like no other.
write_kept() {
  concur write "$1" "$2"
  expect_status 0
  echo "^$2\$" >>lines-written
}

# yesterday: both nodes have this.
yesterday() {
  write_kept same 'the same ever since'
  write_kept changed 'changed: of yesterday'
  write_kept deleted 'deleted: of yesterday'
  write_kept folder/moved 'moved: of yesterday'
  concur write extended 'extended: of yesterday'
  expect_status 0
  # An append keeps no copy of what was there: it is the beginning of what is there then.
  echo '^extended: of yesterday' >>lines-written
  concur wait
  expect_status 0
}

# today: what a copy of yesterday does not know.
today() {
  write_kept changed 'changed: of this morning'
  write_kept changed 'changed: of today'
  concur rm deleted
  expect_status 0
  concur mv folder renamed
  expect_status 0
  concur append extended ', and of today'
  expect_status 0
  echo '^extended: of yesterday, and of today$' >>lines-written
  write_kept new 'new: of today'
}

# thirty_changes: to paths of their own, and to some that today changed as well.
thirty_changes() {
  local n
  for n in $(seq 1 27); do write_kept "since/$n" "since: $n"; done
  write_kept changed 'changed: since'
  write_kept same 'the same no more'
  write_kept since/1 'since: 1 again'
}

# expect_thirty_changes NAME…: they are what these nodes have.
expect_thirty_changes() {
  local n
  for n in $(seq 2 27); do expect_everywhere "since/$n" "since: $n" "$@"; done
  expect_everywhere changed 'changed: since' "$@"
  expect_everywhere same 'the same no more' "$@"
  expect_everywhere since/1 'since: 1 again' "$@"
}

# snapshot NAME: a copy of a node that is stopped for it and then as it was.
snapshot() {
  rm -rf "snapshot-of-$1"
  cp -a "$1" "snapshot-of-$1"
}

# put_back NAME: the machine is restored; the node must not run.
put_back() {
  rm -rf "$1"
  cp -a "snapshot-of-$1" "$1"
}

# in_step NAME…: each of these takes part in every change again, and has all that was changed before.
in_step() {
  local name
  for name; do within 20 is_state "$name" up; done
  concur wait
  expect_status 0
}

# is_named_rolled_back NAME
is_named_rolled_back() {
  concur status --json
  [ "$status" -eq 0 ] || return 1
  NAME=$1 node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(replicas.some(({ name, rolledBack }) => name === process.env.NAME && rolledBack) ? 0 : 1)'
}

# is_refusing PATTERN: the coordinator takes no changes, and says why in these words.
is_refusing() {
  concur status
  grep -qE -- "refusing-changes.*$1" stdout
}

# expect_refused PATTERN: a change is refused with a sentence like this, and leaves no trace.
expect_refused() {
  concur write refused 'refused'
  expect_status 2
  expect_errors_like "$1"
  expect_nowhere refused server1 server2
}

# expect_nothing_lost: each content that was ever written is there, current or in history, and both nodes are the same.
expect_nothing_lost() {
  local line
  # A file may end without a newline, and grep adds one.
  find server1 server2 server{1,2}/.concur/history -name .concur -prune -o -type f -exec grep -h '' {} + >lines-there
  while IFS= read -r line; do
    grep -q -e "$line" lines-there || fail "neither current nor in history: $line"
  done <lines-written
  expect_same_trees server1 server2
  expect_nothing_staged server1 server2
  concur verify --deep
  expect_status 0
  write_kept after 'after all'
  expect_everywhere after 'after all' server1 server2
}
