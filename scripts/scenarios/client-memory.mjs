// Loaded into a client (node --import) by cluster.sh: writes down at its end how much memory it had at most, as the
// kernel counts it, in KiB.
import { readFileSync, writeFileSync } from 'node:fs'

process.on('exit', () => {
  const [, most] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  writeFileSync(process.env.CLIENT_MEMORY_FILE, most)
})
