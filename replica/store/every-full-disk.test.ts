/**
 * Every operation on a disk that is full from some call on, at each call that takes space: it is refused or waits with
 * NO_SPACE, and goes on when there is space, in the same process or in the next. Afterwards everything is as if there had
 * always been space.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commitAll, entriesFor, historyOf, ownFiles, settle, stageId, treeOf } from './changes.fixture.ts'
import { SurvivingIndex } from './crash.fixture.ts'
import { type Scenario, scenarios } from './crash-scenarios.fixture.ts'
import { DiskError, type Fd, type Landed } from './disk.ts'
import { CountingHasher, clock, noTimers, random, temporaryFolder, WatchedDisk } from './store.fixture.ts'
import { Store } from './store.ts'

const plain = [
  'makeFolder',
  'rename',
  'moveNew',
  'exchange',
  'makeTreeFolder',
  'setAttribute',
  'allocate',
] as const

/** The real disk, on which no space is left from a chosen call on, as long as a test wants. */
class FullDisk extends WatchedDisk {
  /** The call, from 1 on, from which on it is full. */
  fullAt = Number.POSITIVE_INFINITY
  made = 0
  isFull = false

  constructor() {
    super()
    const self = this as unknown as Record<string, (...values: unknown[]) => unknown>
    for (const name of plain) {
      const call = self[name]!.bind(this)
      self[name] = (...values: unknown[]) => {
        this.take(name)
        return call(...values)
      }
    }
  }

  /** A file that is there takes nothing. */
  override openOwn(folder: Fd, name: string): Fd {
    try {
      this.close(super.openBeneath(folder, name, 'place'))
    } catch {
      this.take('open')
    }
    return super.openOwn(folder, name)
  }

  /** What there was room for is written. */
  override write(file: Fd, bytes: Uint8Array, position: number): void {
    if (!this.isProbe(file)) this.takeHalf('write', bytes, half => super.write(file, half, position))
    super.write(file, bytes, position)
  }

  override async writeSoon(file: Fd, bytes: Uint8Array, position: number): Promise<void> {
    this.takeHalf('write', bytes, half => super.write(file, half, position))
    await super.writeSoon(file, bytes, position)
  }

  override append(file: Fd, bytes: Uint8Array): Landed {
    this.takeHalf('write', bytes, half => void super.append(file, half))
    return super.append(file, bytes)
  }

  override totalBytes(): number {
    return 0
  }

  /** Nothing has to reach a real disk here. */
  override flush(_fd: Fd): void {}

  override async flushSoon(_fd: Fd): Promise<void> {}

  override async flushDataSoon(_file: Fd): Promise<void> {}

  override async flushAllSoon(_folder: Fd): Promise<void> {}

  private take(call: string): void {
    this.made++
    if (this.made >= this.fullAt) this.isFull = true
    if (this.isFull) throw new DiskError('ENOSPC', call)
  }

  /** Only the first call finds room for a half. */
  private takeHalf(call: string, bytes: Uint8Array, write: (half: Uint8Array) => void): void {
    const wasFull = this.isFull
    try {
      this.take(call)
    } catch (error) {
      if (!wasFull) write(bytes.subarray(0, Math.floor(bytes.length / 2)))
      throw error
    }
  }
}

/** As whoever gets the bytes does: a stage that could not be written is discarded. */
async function stageWhole(store: Store, content: string): Promise<void> {
  const stage = store.stages.open(stageId(1))
  try {
    stage.write(Buffer.from(content))
    await stage.seal()
  } finally {
    stage.discard()
  }
}

type Afterwards = 'in the same process' | 'in the next process'

class Run {
  readonly root = temporaryFolder()
  private readonly index = new SurvivingIndex()
  private readonly scenario: Scenario
  private readonly afterwards: Afterwards
  private disk = new FullDisk()
  private store!: Store
  /** What was refused or held up on the way. */
  readonly refusals: unknown[] = []

  constructor(scenario: Scenario, afterwards: Afterwards) {
    this.scenario = scenario
    this.afterwards = afterwards
  }

  /** @returns whether it was full on the way: false when there are fewer calls. */
  async fullAt(number: number): Promise<boolean> {
    const { scenario } = this
    await this.open()
    const first = scenario.before?.length ?? 0
    await settle(this.store, ...(scenario.before ?? []))
    scenario.byHand?.(this.root)
    this.disk.made = 0
    this.disk.fullAt = number
    if (scenario.stage !== undefined) {
      const { stage } = scenario
      await this.tried(() => stageWhole(this.store, stage), { isStage: true })
    }
    // The beginning of what was refused may be there.
    await this.tried(async () => {
      const rest = scenario.changes.slice(this.store.journal.last.seq - first)
      // The next process sweeps what no record names.
      const isSwept = scenario.stage !== undefined && !this.store.stages.has(stageId(1))
      if (rest.length > 0 && isSwept) await stageWhole(this.store, scenario.stage!)
      if (rest.length > 0) await this.store.journal.append(entriesFor(this.store, rest))
    })
    await this.tried(async () => void (await commitAll(this.store)))
    await this.tried(() => this.store.flush())
    if (!this.disk.isFull) return this.refusals.length > 0
    // What nobody had to be told of: the log, which is written when there is space.
    await this.makeSpace()
    await this.store.flush()
    return true
  }

  /** Does it again when there is space, where there was none. */
  private async tried(act: () => Promise<void>, { isStage = false } = {}): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.refusals.push(error)
      if (isStage) expect(ownFiles(this.root, 'staging')).toEqual({})
      await this.makeSpace()
      await act()
    }
  }

  /** A server that is stopped on a full disk stops as ever. */
  private async makeSpace(): Promise<void> {
    const isNext = this.afterwards === 'in the next process'
    if (isNext) await this.close()
    this.disk.isFull = false
    this.disk.fullAt = Number.POSITIVE_INFINITY
    if (isNext) await this.open()
    else this.store.settler.retry()
  }

  private async open(): Promise<void> {
    this.disk = new FullDisk()
    this.store = await Store.open({
      ...{ root: this.root, disk: this.disk, clock, timers: noTimers, random },
      hasher: new CountingHasher(this.disk),
      openIndex: () => this.index,
      bootId: 'this start',
      segmentBytes: 65536,
      onFault: error => this.refusals.push(error),
    })
  }

  private async close(): Promise<void> {
    await this.store.close()
    expect(this.disk.open.size).toBe(0)
  }

  async check(): Promise<void> {
    const { scenario, root } = this
    for (const error of this.refusals) expect(isNoSpace(error)).toBe(true)
    expect(this.store.fence.reason).toBeNull()
    await this.close()
    expect(treeOf(root)).toEqual(scenario.after)
    expect(historyOf(root)).toEqual(scenario.history ?? {})
    expect({ ...ownFiles(root, 'staging'), ...ownFiles(root, 'exchange') }).toEqual({})
    const lines = readFileSync(join(root, '.concur/log.json'), 'utf8').trim().split('\n')
    expect(lines.map(line => JSON.parse(line).seq)).toEqual(lines.map((_, i) => i + 1))
    expect(lines).toHaveLength((scenario.before?.length ?? 0) + scenario.changes.length)
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }
}

function isNoSpace(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ENOSPC' || code === 'NO_SPACE'
}

/** What needs another node is met by full disks in tests of its own. */
const alone = Object.keys(scenarios).filter(name => scenarios[name]!.elsewhere === undefined)

describe.each<Afterwards>(['in the same process', 'in the next process'])('going on %s', afterwards => {
  test.each(alone)('%s', async name => {
    let number = 1
    for (; ; number++) {
      const run = new Run(scenarios[name]!, afterwards)
      try {
        const wasFull = await run.fullAt(number)
        await run.check()
        run.end()
        if (!wasFull) break
      } catch (error) {
        throw new Error(`${name}, full at call ${number}, in ${run.root}`, { cause: error })
      }
    }
    expect(number).toBeGreaterThan(2)
  })
})
