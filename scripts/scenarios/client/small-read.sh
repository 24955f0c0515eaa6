#!/usr/bin/env bash
# A small read is over before V8 collects its young generation for the first time: what the client allocates on its way
# is a tenth of the time that a person waits.
. "$(dirname "$0")/../cluster.sh"
sample_files
start_replica server2
start_coordinator server1

cat >count-collections.cjs <<'END'
const { GCProfiler } = require('node:v8')
const { writeFileSync } = require('node:fs')
const profiler = new GCProfiler()
profiler.start()
process.on('exit', () => writeFileSync(process.env.COLLECTIONS, `${profiler.stop().statistics.length}\n`))
END

# collects_nothing ARGUMENT…
collects_nothing() {
  NODE_OPTIONS="--require=$folder/count-collections.cjs" COLLECTIONS=$folder/collections concur "$@"
  expect_status 0
  [ "$(<collections)" = 0 ] || mismatch 'no collection of garbage'
}

collects_nothing get file1.txt
collects_nothing --json get file1.txt
collects_nothing cat file1.txt
collects_nothing stat file1.txt
