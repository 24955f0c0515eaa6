/**
 * A client that keeps to every rule, as a process of its own: reads a small file over and over, a read every few
 * milliseconds. Told `mark`, it says how long the reads since the last mark took.
 *
 *     good-client.ts HOST PORT PATH
 */
import { parsePath } from '../../protocol/path.ts'
import { newClient } from './worker.ts'

/** Milliseconds from the end of a read to the next one. */
const restMs = 3

export interface GoodReads {
  readonly reads: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** What went wrong, each sentence once. */
  readonly faults: readonly string[]
}

const [host, port, path] = process.argv.slice(2) as [string, string, string]
const client = newClient([{ host, port: Number(port) }], 'good')
let times: number[] = []
let faults = new Set<string>()

function told(): GoodReads {
  const sorted = times.sort((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const reads = { reads: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), faults: [...faults] }
  times = []
  faults = new Set()
  return reads
}

process.on('message', () => process.send!(told()))
process.on('disconnect', () => process.exit(0))

for (;;) {
  const begun = performance.now()
  try {
    const { verdict } = await client.read(
      parsePath(path),
      { bodies: 'agreed', from: null, deep: false },
      { openVersion: () => ({ write: async () => {} }), onProgress() {}, onRestart() {} },
    )
    if (verdict !== 'SINGLE_FILE') faults.add(`the verdict is ${verdict}`)
  } catch (error) {
    faults.add((error as Error).message)
  }
  times.push(performance.now() - begun)
  await new Promise(resolve => setTimeout(resolve, restMs))
}
