#!/usr/bin/env bash
# The saved file is executable where the file is. Modes are not compared: copies of equal bytes agree.
. "$(dirname "$0")/../cluster.sh"
printf '#!/bin/sh\necho ran\n' | tee server1/run server2/run server1/plain >server2/plain
chmod 755 server1/run server2/run
chmod 600 server1/plain
chmod 644 server2/plain
start_replica server2
start_coordinator server1

umask 022
concur get run plain
expect_status 0
expect_output 'SINGLE_FILE run  19 B  server1 = server2  saved as run' 'SINGLE_FILE plain  19 B  server1 = server2  saved as plain'
[ "$(here/run)" = ran ] || mismatch 'run can be run'
[ ! -x here/plain ] || mismatch 'plain cannot be run'

# A file that is replaced keeps the rest of its mode.
chmod 640 here/run
concur get run
[ "$(stat -c %a here/run)" = 750 ] || mismatch "mode 750, not $(stat -c %a here/run)"
