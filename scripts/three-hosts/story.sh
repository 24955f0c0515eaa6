#!/usr/bin/env bash
# What happens on the three machines, and what is looked at. To be sourced: `tell_story` counts in `passed` and `failed`.
passed=0
failed=0

ok() {
  passed=$((passed + 1))
  echo "ok   $1"
}

not_ok() {
  failed=$((failed + 1))
  echo "FAIL $1"
  printf '     %s\n' "${2//$'\n'/$'\n'     }"
}

# says WHAT STATUS PATTERN COMMAND: the client's person types it; its status and its words are as they must be.
says() {
  local out status=0
  out=$(as_person client "$4" 2>&1) || status=$?
  if [ "$status" = "$2" ] && grep -qE -- "$3" <<<"$out"; then ok "$1"; else not_ok "$1: $4 (status $status)" "$out"; fi
}

# soon WHAT SECONDS STATUS PATTERN COMMAND: as says, tried until then.
soon() {
  local out status until=$((SECONDS + $2))
  while :; do
    status=0
    out=$(as_person client "$5" 2>&1) || status=$?
    if [ "$status" = "$3" ] && grep -qE -- "$4" <<<"$out"; then
      ok "$1"
      return
    fi
    [ "$SECONDS" -lt "$until" ] || break
    sleep 0.2
  done
  not_ok "$1: $5 (status $status)" "$out"
}

# same WHAT: both folders hold the same, but for the servers' own.
same() {
  local differences
  if differences=$(diff -r --exclude=.concur "$(files_of server1)" "$(files_of server2)" 2>&1); then ok "$1"; else not_ok "$1" "$differences"; fi
}

# by_hand MACHINE PATH TEXT: somebody writes a file there, past everything.
by_hand() {
  local file
  file=$(files_of "$1")/$2
  printf '%s\n' "$3" >"$file"
  chown --reference="$(files_of "$1")" "$file"
}

four_reads() {
  by_hand server1 file1.txt 'Hello!! Identical content test'
  by_hand server2 file1.txt 'Hello!! Identical content test'
  by_hand server1 file2.txt 'Hello from Server1'
  by_hand server2 file2.txt 'Hello from Server2'
  by_hand server1 file3.txt 'File only on Server1'
  # The coordinator may have started before the replica: it dials again within 5 s.
  soon 'both nodes are up' 30 0 'server2 .*up' 'concur status'
  says 'equal copies' 0 '^SINGLE_FILE file1.txt .* server1 = server2 ' 'concur get file1.txt && grep -q Identical file1.txt'
  says 'different copies' 1 '^DIFFERENT_FILES file2.txt  2 versions' 'concur get file2.txt'
  says 'each version is saved' 0 'Server1' 'cat file2.txt.server1 file2.txt.server2'
  says 'a copy on one node' 0 '^SINGLE_FILE file3.txt .* \(missing on server2\)' 'concur get file3.txt'
  says 'no copy anywhere' 2 '^ERROR NOT_FOUND file4.txt: not on server1, not on server2' 'concur get file4.txt'
}

every_command() {
  says 'status' 0 'server2 .*up' 'concur status'
  says 'resolve' 0 'copies 2 of 2' 'concur resolve file2.txt --keep server1'
  says 'diff finds nothing then' 0 '' 'concur diff file2.txt'
  says 'put' 0 '^put notes.txt .*copies 2 of 2' 'echo first > notes.txt && concur put notes.txt'
  says 'write' 0 '^write todo/today.txt' 'concur write todo/today.txt "buy milk"'
  says 'append' 0 '^append todo/today.txt' 'concur append todo/today.txt ", and bread"'
  says 'cat' 0 '^buy milk, and bread$' 'concur cat --quiet todo/today.txt'
  says 'mkdir' 0 '^mkdir music' 'concur mkdir music'
  says 'mv' 0 '^mv ' 'concur mv todo/today.txt todo/done.txt'
  says 'ls' 0 '= .*done.txt' 'concur ls -R'
  says 'stat' 0 '^SINGLE_FILE todo/done.txt' 'concur stat todo/done.txt'
  says 'lock' 0 '' 'concur lock notes.txt --ttl 60s'
  says 'check, by another' 1 '' 'concur --client-id else check notes.txt'
  says 'a change by another is refused' 2 'LOCKED' 'concur --client-id else write notes.txt other'
  says 'unlock' 0 '' 'concur unlock notes.txt'
  says 'rm' 0 '^rm notes.txt' 'concur rm notes.txt'
  says 'history' 0 ' put .* server1 = server2 ' 'concur history notes.txt'
  says 'restore' 0 '^restore notes.txt' 'concur restore notes.txt'
  says 'log' 0 'notes.txt' 'concur log -n 20'
  says 'wait' 0 '' 'concur wait'
  says 'put -r' 0 '' 'mkdir -p tree/a && echo 1 > tree/a/one && echo 2 > tree/two && concur put -r tree'
  says 'get -r' 0 '' 'concur get -r tree -o back && diff -r tree back/tree 2>/dev/null || diff -r tree back'
  says 'verify --deep: the files of one node differ from none' 0 '' 'concur resolve file3.txt --keep server1 && concur verify --deep'
  # shellcheck disable=SC2016 # The person's shell expands it.
  says 'doctor: nothing is wrong but that one disk is under all of this' 2 '^BAD  server1 and server2  one disk' \
    'concur doctor --quiet; status=$?; [ "$(concur doctor --quiet | grep -c ^BAD)" = 1 ] && exit $status'
  says 'a key is wanted' 2 'UNAUTHENTICATED|TLS|certificate' 'XDG_CONFIG_HOME=/nonexistent concur --server 192.168.1.101:6001 status'
  same 'the folders are the same'
}

cut_link() {
  pull_cable server2
  soon 'a change goes on without the node that is cut off' 40 0 'copies 1 of 2 · behind: server2' 'concur write cut.txt "while it was away"'
  says 'a read names it' 0 'server2' 'concur get cut.txt'
  says 'and with --strict it is an error' 2 'UNREACHABLE' 'concur get cut.txt --strict'
  soon 'status says that it is down' 30 0 'server2 .*down' 'concur status'
  plug_cable server2
  soon 'it comes back and catches up' 60 0 'server2 .*up' 'concur status'
  says 'everything is everywhere' 0 '' 'concur wait'
  same 'the folders are the same after the cut'
}

kill_node() {
  kill_server server1
  soon 'a coordinator that was killed answers again' 30 0 'copies 2 of 2' 'concur write killed.txt "after the kill"'
  kill_server server2
  soon 'a replica that was killed is back' 30 0 'copies 2 of 2' 'concur write killed.txt "after both"'
  says 'what was written is what is read' 0 '^after both$' 'concur cat --quiet killed.txt'
  same 'the folders are the same after the kills'
}

reboot_node() {
  if reboot_machine server2; then ok 'server2 boots again'; else not_ok 'server2 boots again' ''; fi
  soon 'its server is there by itself' 60 0 'server2 .*up' 'concur status'
  if reboot_machine server1; then ok 'server1 boots again'; else not_ok 'server1 boots again' ''; fi
  soon 'and so is the coordinator' 60 0 'copies 2 of 2' 'concur write rebooted.txt yes'
  same 'the folders are the same after the reboots'
}

yesterdays_copy() {
  local files
  files=$(files_of server2)
  stop_server server2
  cp -a "$files" "$work/yesterday"
  start_server server2
  soon 'server2 is up before the loss' 60 0 'server2 .*up' 'concur status'
  soon 'a change after the copy was made' 20 0 'copies 2 of 2' 'concur write today.txt "of today"'
  stop_server server2
  find "$files" -mindepth 1 -delete
  cp -a "$work/yesterday/." "$files"
  start_server server2
  soon 'a node from the copy of yesterday is caught up' 60 0 'server2 .*up' 'concur status'
  says 'everything is there again' 0 '' 'concur wait'
  says 'and is read as of today' 0 'server1 = server2' 'concur get today.txt'
  same 'the folders are the same after yesterday'
}

tell_story() {
  local part
  for part in four_reads every_command cut_link kill_node reboot_node yesterdays_copy; do
    echo "-- ${part//_/ }"
    "$part"
  done
  if declare -F machine_parts >/dev/null; then
    echo '-- the machines'
    machine_parts
  fi
}
