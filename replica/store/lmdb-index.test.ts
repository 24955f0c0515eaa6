import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../fixtures/until.ts'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Timers } from '../../protocol/world.ts'
import { describeIndex, recordOf } from './digest-index.suite.ts'
import { describeCatalog } from './history/catalog.suite.ts'
import type { Index } from './index.ts'
import { openLmdbIndex } from './lmdb-index.ts'
import { describePathEntries } from './path-entries.suite.ts'
import { describePathIndex } from './path-index.suite.ts'
import { temporaryFolder, timers } from './store.fixture.ts'

const path = parsePath('a.txt')
const repository = new URL('../..', import.meta.url)

let folder: string
let faults: unknown[]
const openIndex = () =>
  openLmdbIndex({ folder: join(folder, 'index'), timers, onFault: error => void faults.push(error) })

beforeEach(() => {
  folder = temporaryFolder()
  faults = []
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('as every index', () => {
  const close = async (index: Index) => {
    await index.close()
    expect(faults).toEqual([])
  }

  describeIndex(openIndex, close)
  describePathIndex(openIndex, close)
  describePathEntries(openIndex, close)
  describeCatalog(openIndex, close)
})

test('what was put is there after a restart', async () => {
  const { digest, blockDigests } = digestOf(Buffer.alloc(3 * blockBytes))
  const before = openIndex()
  before.digests.put(path, recordOf('one'))
  before.digests.putBlockDigests(digest, blockDigests)
  before.paths.putContent(path, digest, 7)
  before.history.setComplete(true)
  await before.close()
  const after = openIndex()
  expect(after.digests.get(path)).toEqual(recordOf('one'))
  expect(after.digests.blockDigests(digest)).toEqual(blockDigests)
  expect(after.paths.seqOfContent(path, digest)).toBe(7)
  expect(after.history.isComplete).toBe(true)
  await after.close()
})

test('what is put before the end is written, and what is put behind it is nobody’s fault', async () => {
  const due = new Set<() => void>()
  const after: Timers['after'] = (_ms, act) => {
    due.add(act)
    return () => due.delete(act)
  }
  const index = openLmdbIndex({
    folder: join(folder, 'index'),
    timers: { ...timers, after },
    onFault: error => void faults.push(error),
  })
  const flushed = index.paths.flush()
  index.digests.put(path, recordOf('one'))
  const closed = index.close()
  index.digests.put(path, recordOf('two'))
  await Promise.all([flushed, closed])
  index.digests.put(path, recordOf('three'))
  for (const act of due) act()
  await new Promise(resolve => setTimeout(resolve, 50))
  expect([due.size, faults]).toEqual([0, []])
  const again = openIndex()
  expect(again.digests.get(path)).toEqual(recordOf('one'))
  await again.close()
})

test('a batch that goes out takes the timer of what came to it along', async () => {
  let waiting = 0
  const after: Timers['after'] = () => {
    waiting++
    return () => void waiting--
  }
  const index = openLmdbIndex({
    folder: join(folder, 'index'),
    timers: { ...timers, after },
    onFault: error => void faults.push(error),
  })
  index.digests.put(path, recordOf('one'))
  const flushed = index.paths.flush()
  index.digests.put(path, recordOf('two'))
  await flushed
  expect(waiting).toBe(0)
  await index.close()
})

test('what is put is written in a moment, as one batch, though nobody flushes it', async () => {
  const due: (() => void)[] = []
  const after: Timers['after'] = (_ms, act) => {
    due.push(act)
    return () => {}
  }
  const index = openLmdbIndex({
    folder: join(folder, 'index'),
    timers: { ...timers, after },
    onFault: error => void faults.push(error),
  })
  const flushed = () => readFileSync(join(folder, 'index/data.mdb')).includes('a.txt')
  index.paths.put(path, { seq: 1, is: 'folder' })
  index.paths.putContent(path, recordOf('one').digest, 1)
  index.digests.put(path, recordOf('one'))
  expect([due.length, flushed()]).toEqual([1, false])
  due[0]!()
  await until(flushed, 'the batch')
  expect(index.paths.get(path)).toEqual({ seq: 1, is: 'folder' })
  await index.close()
})

test('an index that cannot be opened is made anew, and the fault is told', async () => {
  writeFileSync(join(folder, 'index'), 'not an index at all')
  const index = openIndex()
  expect(faults).toHaveLength(1)
  index.digests.put(path, recordOf('one'))
  await index.digests.flush()
  expect(index.digests.get(path)).toEqual(recordOf('one'))
  await index.close()
})

test.each([
  ['cut', (bytes: Buffer) => bytes.subarray(0, 5000)],
  ['overwritten', (bytes: Buffer) => bytes.fill('x')],
  ['another page size', (bytes: Buffer) => bytes.fill(1, 48, 52)],
  ['overwritten on its second page', (bytes: Buffer) => bytes.fill('x', 4096)],
])('an index whose file is %s is made anew, and the fault is told', async (_, spoil) => {
  const before = openIndex()
  before.digests.put(path, recordOf('one'))
  await before.close()
  const file = join(folder, 'index/data.mdb')
  writeFileSync(file, spoil(readFileSync(file)))
  const after = openIndex()
  expect([faults.length, after.digests.get(path)]).toEqual([1, null])
  after.digests.put(path, recordOf('two'))
  await after.digests.flush()
  await after.close()
})

test('a value that was damaged on the disk is not there', async () => {
  const before = openIndex()
  before.digests.put(path, recordOf('one'))
  await before.close()
  const file = join(folder, 'index/data.mdb')
  const bytes = readFileSync(file)
  const digest = Buffer.from(recordOf('one').digest.slice(3), 'hex')
  for (let at = bytes.indexOf(digest); at >= 0; at = bytes.indexOf(digest, at + 1)) bytes[at + 7]! ^= 1
  writeFileSync(file, bytes)
  const after = openIndex()
  expect(after.digests.get(path)).toBeNull()
  await after.close()
})

test('a write that fails is told once and forgotten; nothing is rejected behind our back, and later writes succeed', () => {
  const source = `
    const here = name => import(new URL(name, '${import.meta.url}'))
    const { openLmdbIndex } = await here('./lmdb-index.ts')
    const { blockDigest } = await here('../../protocol/digest.ts')
    const record = content => ({
      identity: { inode: 1n, size: 3, mtimeNs: 2n, ctimeNs: 3n }, blockDigest: null, beganNs: 4n, checkedAtMs: 5, rottenFrom: null,
      digest: 'b3:' + blockDigest(Buffer.from(content)).toString('hex'),
    })
    const timers = { after: () => () => {}, endOfTurn: setImmediate }
    const told = { faults: 0, unhandled: 0 }
    process.on('unhandledRejection', () => told.unhandled++)
    const index = openLmdbIndex({ folder: ${JSON.stringify(join(folder, 'index'))}, timers, onFault: () => told.faults++ })
    index.digests.putBlockDigests(record('large').digest, Buffer.alloc(8 * 1024 * 1024))
    index.digests.put('a', record('a'))
    await index.digests.flush()
    told.after = [index.digests.blockDigests(record('large').digest), index.digests.get('a')]
    index.digests.put('b', record('b'))
    await index.digests.flush()
    told.later = index.digests.get('b').identity.size
    await index.close()
    await new Promise(resolve => setTimeout(resolve))
    console.log(JSON.stringify(told))`
  // No file of the process may grow beyond 4 MiB.
  const command = 'ulimit -f 4096; exec "$0" --import tsx --input-type=module -e "$1"'
  const said = execFileSync('bash', ['-c', command, process.execPath, source], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(JSON.parse(said.toString())).toEqual({ faults: 1, unhandled: 0, after: [null, null], later: 3 })
})
