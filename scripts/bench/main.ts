/**
 * Measures the built programs beside their peers and beside the bare limits of the machine, each in turn in one run.
 * Asserts no time: it fails only where a row could not be measured or where what was read was wrong.
 *
 *     scripts/bench/run [--short] [--dist FOLDER] [ROW …]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Children } from './children.ts'
import { reportLines } from './report.ts'
import type { Row } from './row.ts'
import { appendLarge } from './rows/append-large.ts'
import { catchUp } from './rows/catch-up.ts'
import { largeRead } from './rows/large-read.ts'
import { hashing, stall } from './rows/latency.ts'
import { memory } from './rows/memory.ts'
import { smallChanges } from './rows/small-changes.ts'
import { manyConnections, oneConnection } from './rows/small-reads.ts'
import { startUp } from './rows/start-up.ts'
import { upload } from './rows/upload.ts'
import { verify } from './rows/verify.ts'
import { fullSizes, type Sizes, shortSizes } from './sizes.ts'
import { type LargeFile, Trees } from './trees.ts'
import { Workbench } from './workbench.ts'

/** First those that need not wait until the files are a minute old. */
const rows: readonly Row[] = [
  startUp,
  hashing,
  memory,
  oneConnection,
  manyConnections,
  largeRead,
  stall,
  verify,
  smallChanges,
  upload,
  catchUp,
  appendLarge,
]

const children = new Children()
const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'concur-bench-'))

let isLeaving = false

async function leave(status: number): Promise<never> {
  isLeaving = true
  await children.endForGood()
  rmSync(folder, { recursive: true, force: true })
  process.exit(status)
}

function refuse(sentence: string): Promise<never> {
  process.stderr.write(`${sentence}\n`)
  return leave(2)
}

async function chosen(names: readonly string[]): Promise<readonly Row[]> {
  const unknown = names.find(name => !rows.some(row => row.name === name))
  if (unknown !== undefined)
    return refuse(`no row is called ${unknown}; the rows are ${rows.map(({ name }) => name).join(' ')}`)
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name))
}

function say(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

async function makeTrees(
  trees: Trees,
  chosen: readonly Row[],
  { largeBytes, hugeBytes, equalFiles }: Sizes,
): Promise<void> {
  const bytes: Record<LargeFile, number> = { warm: largeBytes, cold: largeBytes, huge: hugeBytes }
  const needed = new Set(chosen.flatMap(({ needs }) => needs))
  if (needed.has('equal')) trees.makeEqual(equalFiles)
  const large = [...needed].filter(file => file !== 'equal')
  await trees.make(new Map(large.map(file => [file, bytes[file]])))
}

/** @returns whether it could be measured and everything that was read was right. */
async function showRow(workbench: Workbench, row: Row): Promise<boolean> {
  try {
    if (row.isWarm) await workbench.trees.becomeWarm()
    say(...reportLines(row.name, await row.measure(workbench)))
    return true
  } catch (error) {
    if (!isLeaving) say(`${row.name}  could not be measured: ${(error as Error).message}`, '')
    return false
  } finally {
    await workbench.clear()
  }
}

process.on('SIGINT', () => void leave(130))
process.on('SIGTERM', () => void leave(143))
process.on('uncaughtException', error => {
  process.stderr.write(`${error.stack}\n`)
  void leave(1)
})

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, dist: { type: 'string', default: 'dist' } },
})
const dist = resolve(values.dist)
if (!existsSync(join(dist, 'client.cjs')))
  await refuse(`${values.dist} has no programs: npm run build makes them`)
const sizes = values.short ? shortSizes : fullSizes
const wanted = await chosen(positionals)
const trees = new Trees(folder)
await makeTrees(trees, wanted, sizes)
const workbench = new Workbench({ sizes, trees, children, dist, folder })
await workbench.prepare()

say(
  `${cpus().length} × ${cpus()[0]!.model}, Node ${process.version}; each thing in turn with what it is compared with`,
)
if (values.short) say('A short run: it shows that every row works. Its figures are not to be quoted.')
say('')
let isWhole = true
for (const row of wanted) isWhole = (await showRow(workbench, row)) && isWhole
await leave(isWhole ? 0 : 1)
