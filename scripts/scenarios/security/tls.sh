#!/usr/bin/env bash
# From `init` to a read: keys and certificates for a coordinator and a replica, everything under TLS, at the replica as
# well; and who comes with the wrong words is told so.
. "$(dirname "$0")/../cluster.sh"
sample_files

status=0
command_line="concur-coordinator init"
node "${file_of[coordinator]}" init --dir keys --node server1=127.0.0.1 --node server2=127.0.0.1 >stdout 2>stderr || status=$?
remember_output
expect_status 0

# secured NAME: the options of a node.
secured() {
  echo "--token-file keys/$1/token --tls-cert keys/$1/tls-cert.pem --tls-key keys/$1/tls-key.pem --tls-ca keys/$1/tls-ca.pem"
}

# The words of an option are apart.
# shellcheck disable=SC2046
start_replica server2 $(secured server2)
# shellcheck disable=SC2046
start_coordinator server1 $(secured server1)
export CONCUR_TOKEN_FILE=$folder/keys/client/token CONCUR_TLS_CA=$folder/keys/client/tls-ca.pem

concur get file1.txt
expect_output 'SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt'
concur get file2.txt
expect_status 1
concur get file3.txt
expect_output 'SINGLE_FILE file3.txt  21 B  server1  (missing on server2)  saved as file3.txt'
concur get file4.txt
expect_errors 'ERROR NOT_FOUND file4.txt: not on server1, not on server2'
concur write note.txt hello
expect_output_like 'write note.txt  5 B  seq *  copies 2 of 2' 'undo: *'
CONCUR_SERVER=${address_of[server2]} concur cat note.txt
expect_bytes 'hello'
CONCUR_SERVER=${address_of[server2]} concur append note.txt ' again'
expect_output_like 'append note.txt  11 B  seq *  copies 2 of 2' 'undo: *'
concur status --json
expect_json 'new Date(coordinator.certificateEndsAt) > Date.now()' 'new Date(replicas[0].certificateEndsAt) > Date.now()'

# A client without TLS, plain text, and a client under TLS with another authority or without a key.
unset CONCUR_TLS_CA
concur get file1.txt
expect_status 2
expect_errors_like 'ERROR UNAUTHENTICATED*this server speaks TLS: give --tls-ca*'
ask_in_text server1 'file1.txt\n'
expect_output_without_end 'ERROR|this server speaks TLS: give --tls-ca'
node "${file_of[coordinator]}" init --dir others --node server1=127.0.0.1 >/dev/null
export CONCUR_TLS_CA=$folder/others/client/tls-ca.pem
concur get file1.txt
expect_status 2
expect_errors_like '*its certificate is of another authority (CA)*'
export CONCUR_TLS_CA=$folder/keys/client/tls-ca.pem
unset CONCUR_TOKEN_FILE
concur get file1.txt
expect_errors_like 'ERROR UNAUTHENTICATED*this server wants a key*'
export CONCUR_TOKEN_FILE=$folder/keys/client/token

# A replica under another node's certificate is not taken for server2.
stop server2
start_server replica server2 --token-file keys/server2/token --tls-cert keys/server1/tls-cert.pem \
  --tls-key keys/server1/tls-key.pem --tls-ca keys/server2/tls-ca.pem
names_others() {
  concur status
  grep -q 'its certificate names others' stdout
}
within 10 names_others
stop server2

# Files that do not go together are refused in one sentence.
try_server replica --root server3 --listen 127.0.0.1:0 --tls-ca keys/ca.pem
expect_status 2
expect_errors 'concur-replica: --tls-cert, --tls-key and --tls-ca are given together, or none of them'
try_server replica --root server3 --listen 127.0.0.1:0 --tls-ca keys/ca.pem --tls-cert keys/server1/tls-cert.pem \
  --tls-key keys/server2/tls-key.pem
expect_status 2
expect_errors_like 'concur-replica: --tls-cert, --tls-key and --tls-ca do not go together: *'
chmod 644 keys/server2/tls-key.pem
# shellcheck disable=SC2046
try_server replica --root server3 --listen 127.0.0.1:0 $(secured server2)
expect_status 2
expect_errors_like 'concur-replica: --tls-key * can be read by others (mode 0644): chmod 600 it'

# A server without TLS says so to who speaks it.
authority=$CONCUR_TLS_CA
unset CONCUR_TLS_CA CONCUR_TOKEN_FILE
start_replica server3
CONCUR_SERVER=${address_of[server3]} CONCUR_TLS_CA=$authority concur get file1.txt
expect_status 2
expect_errors_like '*does not speak TLS*'
