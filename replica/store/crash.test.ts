/**
 * Every operation, stopped at every call that changes the disk: by the end of the process and by a loss of power, with
 * what may survive of the index, and once more in the middle of the start that follows. Afterwards each path is old or
 * new, whole; every content that was ever there is in the tree or in history; nothing else lies about.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { blocksIn } from '../../protocol/block-ranges.ts'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { wholeTree } from '../../protocol/path.ts'
import { commitAll, entriesFor, historyOf, ownFiles, settle, staged, treeOf } from './changes.fixture.ts'
import { CrashDisk, type Survives, SurvivingIndex } from './crash.fixture.ts'
import { type Scenario, scenarios } from './crash-scenarios.fixture.ts'
import { CountingHasher, clock, noTimers, random, temporaryFolder } from './store.fixture.ts'
import type { ContentSource, Store } from './store.ts'
import { Store as RealStore } from './store.ts'

/** Another node, which has this. */
const having = (store: Store, content: Buffer): ContentSource => ({
  async obtain(entry) {
    const announced = { size: content.length, ...digestOf(content) }
    const gathering = await store.gather(entry, announced, () => true)
    try {
      for (const index of blocksIn(gathering.missing(1000)))
        await gathering.take(index, content.subarray(index * blockBytes, (index + 1) * blockBytes))
      return { is: 'staged', stage: await gathering.seal() }
    } catch (error) {
      gathering.giveUp(error)
      throw error
    }
  },
})

async function open(root: string, disk: CrashDisk, index: SurvivingIndex, bootId: string): Promise<Store> {
  const hasher = new CountingHasher(disk)
  const openIndex = () => index
  const shared = {
    root,
    disk,
    clock,
    timers: noTimers,
    random,
    hasher,
    openIndex,
    bootId,
    segmentBytes: 65536,
  }
  return RealStore.open({ ...shared, onFault: () => {} })
}

/** Whether `found` is `content`, or what is left of it where bytes were lost with the power. */
function isOf(found: string, content: string): boolean {
  return (
    found.length === content.length && [...found].every((char, i) => char === '\0' || char === content[i])
  )
}

/** @returns what history lacks, whatever number stands behind a seq, and whatever bytes were lost. */
function lackingIn(root: string, expected: Record<string, string>): string[] {
  const found = Object.entries(historyOf(root)).map(([path, content]) => ({
    path: path.replace(/^(\d+)\.\d+\//, '$1/'),
    content,
  }))
  const isThere = ([at, content]: [string, string]) =>
    found.some(({ path, content: there }) => path === at && isOf(there, content))
  return Object.entries(expected).flatMap(entry => (isThere(entry) ? [] : [entry.join(': ')]))
}

/** What can end the process's life. */
type Cut = 'the process ends' | 'power is lost'

interface Ending {
  readonly cut: Cut
  readonly survives: Survives
  /** Which calls: of every `of` the one that leaves `rest`. Together each call has every kind of loss near it. */
  readonly calls: { readonly of: number; readonly rest: number }
}

const every = { of: 1, rest: 0 }

const endings: Ending[] = [
  { cut: 'the process ends', survives: 'all of the index', calls: every },
  { cut: 'the process ends', survives: 'the index as it was flushed', calls: { of: 2, rest: 0 } },
  { cut: 'the process ends', survives: 'nothing of the index', calls: { of: 2, rest: 1 } },
  { cut: 'power is lost', survives: 'the index as it was flushed', calls: every },
]

class Run {
  readonly root = temporaryFolder()
  private readonly index = new SurvivingIndex()
  private readonly scenario: Scenario
  private readonly ending: Ending
  private boot = 0

  constructor(scenario: Scenario, ending: Ending) {
    this.scenario = scenario
    this.ending = ending
  }

  /** @returns whether it was stopped: false when there are fewer calls. */
  async stoppedAt(number: number, again: number): Promise<boolean> {
    await this.prepare()
    const isStopped = await this.life(number, async (store, disk) => {
      disk.arm(number)
      if (this.scenario.stage !== undefined) await staged(store, 1, this.scenario.stage)
      await settle(store, ...this.scenario.changes)
      await store.flush()
    })
    if (isStopped) await this.life(again, async (_, disk) => disk.end(), again)
    return isStopped
  }

  async prepare(): Promise<void> {
    const store = await open(this.root, new CrashDisk(), this.index, 'boot 0')
    await settle(store, ...(this.scenario.before ?? []))
    await store.close()
    this.scenario.byHand?.(this.root)
  }

  /** @returns whether it was stopped. `openAt`: the call of the opening itself at which it stops. */
  private async life(
    number: number,
    act: (store: Store, disk: CrashDisk) => Promise<void>,
    openAt?: number,
  ): Promise<boolean> {
    const disk = new CrashDisk()
    if (openAt !== undefined) disk.arm(openAt)
    let store: Store | null = null
    try {
      store = await this.open(disk)
      await act(store, disk)
      disk.arm(Number.POSITIVE_INFINITY)
      await store.close()
      return false
    } catch (error) {
      if (!disk.stopped) throw new Error(`call ${number} of ${this.root}`, { cause: error })
      await store?.settler.stop()
      await new Promise(resolve => setImmediate(resolve))
      disk.abandon()
      this.cut(disk)
      return true
    }
  }

  private async open(disk: CrashDisk): Promise<Store> {
    const store = await open(this.root, disk, this.index, `boot ${this.boot}`)
    const { elsewhere } = this.scenario
    if (elsewhere !== undefined) store.setContentSource(having(store, Buffer.from(elsewhere)))
    return store
  }

  private cut(disk: CrashDisk): void {
    this.index.crash(this.ending.survives)
    if (this.ending.cut !== 'power is lost') return
    disk.losePower(this.root)
    this.boot++
  }

  /** Opens once more, orders again what the journal has not, and looks at everything. */
  async check(): Promise<void> {
    const { scenario, root } = this
    const disk = new CrashDisk()
    const store = await this.open(disk)
    const first = scenario.before?.length ?? 0
    const known = store.journal.last.seq - first
    const rest = scenario.changes.slice(known)
    if (scenario.stage !== undefined && rest.length > 0) await staged(store, 1, scenario.stage)
    await store.journal.append(entriesFor(store, rest))
    await commitAll(store)
    await this.checkDigests(store)
    await store.close()
    this.checkFiles()
    expect({ ...ownFiles(root, 'staging'), ...ownFiles(root, 'exchange') }).toEqual({})
    const lines = readFileSync(join(root, '.concur/log.json'), 'utf8').trim().split('\n')
    expect(lines.map(line => JSON.parse(line).seq)).toEqual(lines.map((_, i) => i + 1))
    expect(lines).toHaveLength(first + scenario.changes.length)
    expect(disk.open.size).toBe(0)
  }

  /** After a loss of power history may have more: what lost its bytes, and what was made once more. */
  private checkFiles(): void {
    const { scenario, root, ending } = this
    const tree = treeOf(root)
    if (ending.cut === 'the process ends') {
      expect(tree).toEqual(scenario.after)
      expect(historyOf(root)).toEqual(scenario.history ?? {})
      return
    }
    const { unless } = scenario
    const isAsUnless = unless !== undefined && JSON.stringify(tree) === JSON.stringify(unless.after)
    const { after, history = {} } = isAsUnless ? unless : scenario
    expect(tree).toEqual(after)
    expect(lackingIn(root, history)).toEqual([])
  }

  /** What the store says of each file is what its bytes say. */
  private async checkDigests(store: Store): Promise<void> {
    for await (const entries of store.walk(wholeTree, true)) {
      for (const { path, escaped, type } of entries) {
        if (type !== 'file' || escaped) continue
        const copy = await store.look(path, { deep: false })
        expect(copy).toMatchObject({ digest: digestOf(readFileSync(join(this.root, path))).digest })
      }
    }
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }
}

describe.each(endings)('$cut and $survives survives', ending => {
  test.each(Object.keys(scenarios))('%s', async name => {
    let number = 1
    const { of, rest } = ending.calls
    for (; ; number++) {
      if (number % of !== rest) continue
      const run = new Run(scenarios[name]!, ending)
      const isStopped = await run.stoppedAt(number, 1 + ((number * 7) % 23))
      try {
        await run.check()
      } catch (error) {
        throw new Error(`${name}, stopped at call ${number}, in ${run.root}`, { cause: error })
      }
      run.end()
      if (!isStopped) break
    }
    expect(number).toBeGreaterThan(5)
  })
})
