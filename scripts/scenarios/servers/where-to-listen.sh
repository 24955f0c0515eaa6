#!/usr/bin/env bash
# A port that is taken is refused in one sentence, also to a program that is no server of ours. Beyond loopback nobody
# listens by accident: that needs --insecure.
. "$(dirname "$0")/../cluster.sh"
start_coordinator server1
for program in coordinator replica; do
  try_server $program --root server2 --listen "${address_of[server1]}"
  expect_one_sentence --listen "${address_of[server1]}"
  try_server $program --root server2 --listen 0.0.0.0:0
  expect_one_sentence --listen 0.0.0.0:0 --insecure
  try_server $program --root server2 --listen '[::]:0'
  expect_one_sentence --listen '[::]:0' --insecure
done
[ -z "$(ls -A server3)" ] || mismatch 'nothing in a root that no server was given'

launch coordinator server2 --name server2 --root server2 --listen 0.0.0.0:0 --insecure
within 10 has_said_listening server2
expect_logged server2 '"host":"0.0.0.0","port":[1-9][0-9]*'
