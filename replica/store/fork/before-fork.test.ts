import { type Digest, digestOf } from '../../../protocol/digest.ts'
import type { StageId } from '../../../protocol/ids.ts'
import { type FilePath, parsePath, wholeTree } from '../../../protocol/path.ts'
import type { Change, JournalRecord } from '../../../protocol/record.ts'
import { MemoryPathIndex } from '../memory-path-index.ts'
import { PathStates } from '../path-states.ts'
import { Slices } from '../slices.ts'
import { timers } from '../store.fixture.ts'
import { type Before, beforeFork, type ForkRecord } from './before-fork.ts'

const digest = (content: string) => digestOf(Buffer.from(content)).digest
const body = { bytes: 1, stage: null as StageId | null }
const rest = { replaces: false, baseTo: null, seenTo: [] }

/** A tree as the journal has it, on which random but possible changes are made. */
class World {
  index = new MemoryPathIndex()
  readonly fork: ForkRecord[] = []
  private seq = 0
  private readonly draw: (below: number) => number

  constructor(draw: (below: number) => number) {
    this.draw = draw
  }

  /** What there is, by its path. */
  async there(): Promise<Map<string, string>> {
    const there = new Map<string, string>()
    for await (const piece of this.index.below(wholeTree))
      for (const [path, state] of piece)
        if (state.is !== 'absent') there.set(path, state.is === 'file' ? state.digest! : 'folder')
    return there
  }

  async step(isFork: boolean): Promise<void> {
    const change = this.aChange(await this.there())
    if (change === null) return
    const record = { seq: ++this.seq, change: change.change } as JournalRecord
    if (isFork) this.fork.push({ record, list: change.list })
    const slices = new Slices({
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      timers,
      pace: { workMs: 8, restMs: 0 },
    })
    await new PathStates({ index: this.index, digests: null }).tell(record, slices)
  }

  private aChange(there: Map<string, string>): { change: Change; list: ForkRecord['list'] } | null {
    const path = this.aPath()
    const is = there.get(path) ?? null
    const base = is === null || is === 'folder' ? null : (is as Digest)
    const own = { base, seen: base === null ? [] : [base] }
    const alone = (change: Change) => ({ change, list: [] })
    if (this.parentIsFile(path, there)) return null
    switch (this.draw(6)) {
      case 0:
      case 1: {
        if (is === 'folder') return null
        const result = digest(`${this.seq}`)
        return alone({ type: 'put', path, ...own, digest: result, size: 1, executable: null, body })
      }
      case 2:
        return is === null ? alone({ type: 'mkdir', path }) : null
      case 3:
        if (is === null) return null
        if (is !== 'folder') return alone({ type: 'delete', path, what: 'file', ...own, body })
        return {
          change: { type: 'delete', path, what: 'folder', base: null, seen: [], body },
          list: [...there].flatMap(([below, kind]) =>
            below.startsWith(`${path}/`)
              ? [
                  {
                    path: below as FilePath,
                    what: kind === 'folder' ? ('folder' as const) : ('file' as const),
                    seen: kind === 'folder' ? [] : [kind as Digest],
                  },
                ]
              : [],
          ),
        }
      default: {
        const to = this.aPath()
        const target = there.get(to) ?? null
        if (is === null || to === path || to.startsWith(`${path}/`) || path.startsWith(`${to}/`)) return null
        if (target !== null || this.parentIsFile(to, there)) return null
        if ([...there.keys()].some(one => one.startsWith(`${to}/`))) return null
        return alone({
          type: 'rename',
          from: path,
          to,
          what: is === 'folder' ? 'folder' : 'file',
          ...own,
          ...rest,
        })
      }
    }
  }

  private aPath(): FilePath {
    const names = ['a', 'b', 'c']
    const depth = 1 + this.draw(3)
    return parsePath(Array.from({ length: depth }, () => names[this.draw(3)]).join('/'))
  }

  private parentIsFile(path: string, there: Map<string, string>): boolean {
    return [...there].some(([one, kind]) => kind !== 'folder' && path.startsWith(`${one}/`))
  }
}

/** A sequence that the seed decides. */
function drawOf(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1
  return below => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('what every path was before is found from the records of the fork alone', async () => {
  let named = 0
  for (let seed = 1; seed <= 500; seed++) {
    const world = new World(drawOf(seed))
    for (let i = 0; i < 12; i++) await world.step(false)
    const before = await world.there()
    const commonSeq = await lastSeq(world.index)
    for (let i = 0; i < 10; i++) await world.step(true)
    const touched = new Map<FilePath, Awaited<ReturnType<typeof world.index.get>> & object>()
    for await (const piece of world.index.below(wholeTree))
      for (const [path, state] of piece) if (state.seq > commonSeq) touched.set(path, state)
    const found = beforeFork(world.fork, touched)
    for (const path of touched.keys()) {
      const was = found.get(path)
      const said = was?.is === 'file' ? was.digest : (was?.is ?? 'not named')
      const right = before.get(path) ?? 'absent'
      // A folder that a record made by the way, and a later one names, may count as one that was there.
      if (said !== 'folder' || right !== 'absent') expect([seed, path, said]).toEqual([seed, path, right])
      named++
    }
  }
  expect(named).toBeGreaterThan(1000)
})

async function lastSeq(index: MemoryPathIndex): Promise<number> {
  let last = 0
  for await (const piece of index.below(wholeTree))
    for (const [, { seq }] of piece) last = Math.max(last, seq)
  return last
}

const file = (content: string): Before => ({ is: 'file', digest: digest(content), seen: [] })

test('a file that no record had made was on a disk all the same', () => {
  const path = parsePath('a')
  const change: Change = {
    ...{ type: 'put', path, base: null, seen: [digest('by hand')], digest: digest('x'), size: 1 },
    ...{ executable: null, body },
  }
  const touched = new Map([[path, { seq: 5, is: 'file', digest: digest('x'), size: 1 } as const]])
  expect(beforeFork([{ record: { seq: 5, change } as JournalRecord, list: [] }], touched).get(path)).toEqual({
    ...file('by hand'),
    digest: null,
    seen: [digest('by hand')],
  })
})
