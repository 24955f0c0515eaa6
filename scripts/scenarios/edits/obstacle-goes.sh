#!/usr/bin/env bash
# What cannot be put into place on one node, because something else is in the way, is kept there with its reason and shown;
# it comes as soon as the obstacle goes, and never over what a person has put there.
. "$(dirname "$0")/../cluster.sh"
start_all server2
concur write edited 'before'
expect_status 0
stop server2

# A file where a folder must be, a folder and a link where a file must be, a file where a folder is made.
printf 'in the way' >server2/docs
mkdir server2/folder
ln -s nowhere server2/link
printf 'in the way' >server2/made
concur write docs/a 'under a file'
expect_status 0
concur write folder 'a file'
concur write link 'a file, too'
concur mkdir made
concur write edited 'one'
printf 'by hand' >server2/edited
start_replica server2
within 10 is_state server2 up
expect_everywhere docs/a 'under a file' server1
expect_file server2/docs 'in the way'

conflicts_are() {
  concur status --json
  NUMBER=$1 node -e '
    const { conflicts } = JSON.parse(require("fs").readFileSync("stdout", "utf8"))
    process.exit(conflicts === Number(process.env.NUMBER) ? 0 : 1)'
}
# docs/a, folder, link, made, edited.
within 5 conflicts_are 5
expect_logged server2 'docs/a.*"reason":"a file stands where a folder is needed".*kept back'
expect_logged server2 '"path":"edited".*"reason":"it was changed on this disk".*kept back'

rm server2/docs
rmdir server2/folder
rm server2/link server2/made
is_there() {
  [ -f server2/docs/a ] && [ -f server2/folder ] && [ ! -L server2/link ] && [ -f server2/link ] && [ -d server2/made ]
}
within 5 is_there
within 5 conflicts_are 1
expect_everywhere docs/a 'under a file' server1 server2
expect_everywhere folder 'a file' server1 server2
expect_everywhere link 'a file, too' server1 server2
expect_file server2/edited 'by hand'
expect_logged server2 'docs/a.*installed what was kept back'
concur ls -R --differing
expect_output '* edited'
concur write edited 'two'
expect_status 0
within 5 conflicts_are 0
concur verify
expect_status 0

# Who mends it often starts the server anew: what was in the way is known then.
stop server2
ln -s nowhere server2/later
concur write later 'after a restart'
expect_status 0
start_replica server2
within 10 is_state server2 up
within 5 conflicts_are 1
within 5 test -s server2/.concur/kept
stop server2
rm server2/later
start_replica server2
within 10 is_state server2 up
within 5 conflicts_are 0
expect_everywhere later 'after a restart' server1 server2
