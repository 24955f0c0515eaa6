#!/usr/bin/env bash
# With keys: who holds one is served, at the replica as well; who holds none, another one, or an old one is not. What
# ends others' locks or prunes wants the admin's. No secret ever shows.
. "$(dirname "$0")/../cluster.sh"
sample_files

# secret ROLE: one of the role's own.
secret() {
  printf '%s-%s' "$1" 0123456789abcdefghijklmnopqrstuvwxyz
}

umask 077
for role in client node admin; do printf '%s %s\n' "$role" "$(secret $role)"; done >servers.key
printf 'client %s\n' "$(secret client)" >client.key
printf 'client %s\nadmin %s\n' "$(secret client)" "$(secret admin)" >admin.key
printf 'client %s\n' "$(secret other)" >wrong.key
umask 022

start_replica server2 --token-file servers.key
start_coordinator server1 --token-file servers.key

export CONCUR_TOKEN_FILE=$folder/client.key
concur get file1.txt
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt'
concur write note.txt hello
expect_output_like 'write note.txt  5 B  seq *  copies 2 of 2' 'undo: *'
CONCUR_SERVER=${address_of[server2]} concur cat note.txt
expect_bytes 'hello'
CONCUR_SERVER=${address_of[server2]} concur append note.txt ' again'
expect_output_like 'append note.txt  11 B  seq *  copies 2 of 2' 'undo: *'

# Rights.
concur --client-id ann lock note.txt
expect_status 0
concur --client-id bob unlock note.txt --steal
expect_status 2
expect_errors_like 'ERROR FORBIDDEN*admin key*'
CONCUR_TOKEN_FILE=$folder/admin.key concur --client-id bob unlock note.txt --steal
expect_status 0
concur write note.txt other
expect_status 0
concur history --prune --yes
expect_status 2
expect_errors_like 'ERROR FORBIDDEN*admin key*'
CONCUR_TOKEN_FILE=$folder/admin.key concur history --prune --yes
expect_status 0
concur resolve --all --keep server1
expect_status 2
expect_errors_like 'ERROR FORBIDDEN /: this wants the admin key'
CONCUR_TOKEN_FILE=$folder/admin.key concur resolve --all --keep server1
[ "$status" -ne 2 ] || mismatch 'done with the admin key'

# Strangers.
for server in server1 server2; do
  export CONCUR_SERVER=${address_of[$server]}
  unset CONCUR_TOKEN_FILE
  concur get file1.txt
  expect_status 2
  expect_errors_like 'ERROR UNAUTHENTICATED*this server wants a key: give --token-file*'
  export CONCUR_TOKEN_FILE=$folder/wrong.key
  concur --json get file1.txt
  expect_status 2
  expect_json 'error.code === "UNAUTHENTICATED"'
  export CONCUR_TOKEN_FILE=$folder/client.key
  ask_in_text "$server" 'file1.txt\n'
  expect_output_like
done
unset CONCUR_SERVER

# A file that others can read is refused, whoever reads it; so is one that says nothing useful.
chmod 640 client.key
concur get file1.txt
expect_status 2
expect_errors_like 'ERROR USAGE*--token-file * can be read by others (mode 0640): chmod 600 it'
chmod 600 client.key
try_server replica --root server3 --listen 127.0.0.1:0 --token-file client.key
expect_status 2
expect_errors_like 'concur-replica: --token-file "client.key" needs a node secret: there are other nodes'
chmod 644 servers.key
try_server coordinator --root server3 --listen 127.0.0.1:0 --token-file servers.key
expect_status 2
expect_errors_like 'concur-coordinator: --token-file "servers.key" can be read by others (mode 0644): chmod 600 it'
chmod 600 servers.key
try_server coordinator --root server3 --listen 127.0.0.1:0 --token-file no-such
expect_status 2
expect_errors_like 'concur-coordinator: --token-file "no-such" cannot be read: *no such file*'
try_server coordinator --root server3 --listen 127.0.0.1:0 --token-file servers.key --text
expect_status 2
expect_errors_like 'concur-coordinator: --text: *'
try_server coordinator --root server3 --listen 127.0.0.1:0 --token-file wrong.key --replica server2=127.0.0.1:1 \
  --accept-journal server2
expect_status 2

# No secret shows: in no log, no folder of a server, no list of processes.
if grep -raqF -e 0123456789abcdefghijklmnopqrstuvwxyz logs server1 server2; then fail 'a secret shows'; fi
for pid in "${pid_of[@]}"; do
  if tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF 0123456789abcdefghijklmnopqrstuvwxyz; then fail 'a secret shows'; fi
done
grep -q '"msg":"turned away"' "${log_of[server1]}" || fail 'the log of server1 tells of strangers'
