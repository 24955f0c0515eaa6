#!/usr/bin/env bash
# Links, FIFOs and sockets in the folder, in place of files and beside them, while the servers run and from the start:
# noticed, never opened, never followed, and nothing waits for them.
. "$(dirname "$0")/../cluster.sh"
canary=do-not-show-77af
mkdir outside
printf '%s' $canary >outside/canary
mkfifo server2/fifo-before
ln -s "$folder/outside" server2/link-before
start_all server2
for name in link fifo link-into; do concur write $name 'content'; done
expect_status 0
rm server2/link server2/fifo server2/link-into
ln -s "$folder/outside/canary" server2/link
mkfifo server2/fifo
ln -s ../outside server2/link-into

marks_are() {
  concur status --json
  NUMBER=$1 node -e '
    const { replicas } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(replicas[0].marks === Number(process.env.NUMBER) ? 0 : 1)'
}
within 5 marks_are 3

concur ls
expect_status 1
expect_output '* fifo' '! fifo-before' '* link' '! link-before' '* link-into'
concur get fifo
expect_status 1
concur get link-into/canary
expect_status 2

# Changes go on around them, and those that meet them are refused or told.
concur write other 'content'
expect_status 0
expect_everywhere other content server1 server2
concur write fifo 'content'
expect_status 2
[ -p server2/fifo ] || fail 'the FIFO is gone'

# What happens behind a link is nobody's business: it is not watched.
printf 'more' >>outside/canary
printf 'new' >outside/new
stop server2
expect_status 0
start_replica server2
within 10 is_state server2 up
within 5 marks_are 3
expect_never_shown $canary
