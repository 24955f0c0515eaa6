/**
 * A tree that is stated, stopped at every call that changes the disk: by the end of the process and by a loss of power, with
 * what may survive of the index, and once more in the life that follows. Afterwards it was stated or it is stated again,
 * and then every path is what it is on the other node, but for what was edited; every content that was ever there is in
 * the tree or in history, and nothing else lies about.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalEntry } from '../../../protocol/record.ts'
import {
  commitAll,
  historyOf,
  mkdir,
  type Ordered,
  ownFiles,
  put,
  remove,
  removeFolder,
  rename,
  settle,
  treeOf,
} from '../changes.fixture.ts'
import { CrashDisk, type Survives, SurvivingIndex } from '../crash.fixture.ts'
import {
  CountingHasher,
  clock,
  noTimers,
  openTemporaryStore,
  random,
  type TemporaryStore,
  temporaryFolder,
} from '../store.fixture.ts'
import { Store } from '../store.ts'
import { contentsOf, restate, rowsOf } from './stated.fixture.ts'

/** What both nodes have. */
const shared: Ordered[] = [
  put('changed', 'one'),
  put('gone', 'gone'),
  put('moved', 'moved'),
  put('same', 'same'),
  put('edited', 'before'),
  put('edited and gone', 'before'),
  put('folder/a', 'a'),
  mkdir('becomes a file'),
  put('becomes a folder', 'file'),
]

/** What the one that was away missed. */
const missed: Ordered[] = [
  put('changed', 'two', { base: 'one' }),
  remove('gone', { base: 'gone' }),
  rename('moved', 'to/moved', { base: 'moved' }),
  put('edited', 'after', { base: 'before' }),
  remove('edited and gone', { base: 'before' }),
  remove('folder/a', { base: 'a' }),
  removeFolder('folder'),
  removeFolder('becomes a file'),
  put('becomes a file', 'a file'),
  remove('becomes a folder', { base: 'file' }),
  put('becomes a folder/b', 'b'),
  put('new', 'new'),
]

const after = {
  changed: 'two',
  to: null,
  'to/moved': 'moved',
  same: 'same',
  edited: 'by hand',
  'edited and gone': 'by hand',
  'becomes a file': 'a file',
  'becomes a folder': null,
  'becomes a folder/b': 'b',
  new: 'new',
}

/** By path, whatever number it was filed under. */
const filed = {
  changed: ['one'],
  gone: ['gone'],
  moved: ['moved'],
  edited: ['after'],
  'folder/a': ['a'],
  'becomes a folder': ['file'],
}

let ahead: TemporaryStore
let entries: JournalEntry[]

beforeAll(async () => {
  ahead = await openTemporaryStore()
  await settle(ahead.store, ...shared)
  await settle(ahead.store, ...missed)
  entries = ahead.store.journal.readAfter(0, 1024 * 1024)
})

afterAll(() => ahead.remove())

const endings: { cut: 'the process ends' | 'power is lost'; survives: Survives }[] = [
  { cut: 'the process ends', survives: 'all of the index' },
  { cut: 'the process ends', survives: 'the index as it was flushed' },
  { cut: 'power is lost', survives: 'the index as it was flushed' },
]

class Run {
  readonly root = temporaryFolder()
  private readonly index = new SurvivingIndex()
  private readonly ending: (typeof endings)[number]
  private boot = 0

  constructor(ending: (typeof endings)[number]) {
    this.ending = ending
  }

  async prepare(): Promise<void> {
    const store = await this.open(new CrashDisk())
    await store.journal.append(entries.slice(0, shared.length))
    await commitAll(store)
    await store.close()
    for (const path of ['edited', 'edited and gone']) writeFileSync(join(this.root, path), 'by hand')
  }

  /** One life, in which it is stated, where it was not before, and settled. @returns whether it was stopped. */
  async life(number: number, opensArmed: boolean): Promise<boolean> {
    const disk = new CrashDisk()
    if (opensArmed) disk.arm(number)
    let store: Store | null = null
    try {
      store = await this.open(disk)
      if (!opensArmed) disk.arm(number)
      await this.bringUp(store)
      disk.arm(Number.POSITIVE_INFINITY)
      await store.close()
      return false
    } catch (error) {
      if (!disk.stopped) throw error
      await store?.settler.stop()
      await new Promise(resolve => setImmediate(resolve))
      disk.abandon()
      this.index.crash(this.ending.survives)
      if (this.ending.cut === 'power is lost') {
        disk.losePower(this.root)
        this.boot++
      }
      return true
    }
  }

  async check(): Promise<void> {
    const disk = new CrashDisk()
    const store = await this.open(disk)
    await this.bringUp(store)
    expect(await rowsOf(this.index.paths)).toEqual(await rowsOf(pathsOf(ahead.store)))
    const { last, begin } = store.journal
    expect([last.seq, begin.seq, last.hash]).toEqual([entries.length, entries.length, entries.at(-1)!.hash])
    await store.close()
    expect(treeOf(this.root)).toEqual(after)
    expect({ ...ownFiles(this.root, 'staging'), ...ownFiles(this.root, 'exchange') }).toEqual({})
    for (const [path, contents] of Object.entries(filed))
      expect([path, this.filedOf(path)]).toEqual([path, contents])
    expect(readdirSync(join(this.root, '.concur')).filter(name => name.startsWith('stated'))).toEqual([])
    expect(disk.open.size).toBe(0)
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }

  private filedOf(path: string): string[] {
    const found = Object.entries(historyOf(this.root))
    return [
      ...new Set(
        found.flatMap(([name, content]) => (name.replace(/^[^/]+\//, '') === path ? [content] : [])),
      ),
    ]
  }

  private async bringUp(store: Store): Promise<void> {
    store.setContentSource(contentsOf(ahead.store, store))
    if (store.journal.begin.seq === 0) await restate(ahead.store, store)
    await commitAll(store)
    await store.flush()
  }

  private open(disk: CrashDisk): Promise<Store> {
    const hasher = new CountingHasher(disk)
    return Store.open({
      ...{ root: this.root, disk, clock, timers: noTimers, random, hasher },
      ...{ openIndex: () => this.index, bootId: `boot ${this.boot}`, segmentBytes: 65536, onFault: () => {} },
    })
  }
}

function pathsOf(store: Store): SurvivingIndex['paths'] {
  return (store as never as { parts: { index: SurvivingIndex } }).parts.index.paths
}

test.each(endings)('$cut and $survives survives', async ending => {
  let number = 1
  for (; ; number++) {
    const run = new Run(ending)
    await run.prepare()
    const isStopped = await run.life(number, false)
    if (isStopped) await run.life(1 + ((number * 7) % 41), true)
    try {
      await run.check()
    } catch (error) {
      throw new Error(`stopped at call ${number}, in ${run.root}`, { cause: error })
    }
    run.end()
    if (!isStopped) break
  }
  expect(number).toBeGreaterThan(50)
})
