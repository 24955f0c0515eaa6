/** What every path index must do. */
import { digestOf } from '../../protocol/digest.ts'
import { type FilePath, parsePath, wholeTree } from '../../protocol/path.ts'
import type { Index } from './index.ts'
import type { PathIndex, PathState } from './path-index.ts'

const path = parsePath('folder/ä file.txt')
const { digest } = digestOf(Buffer.from('content'))
const longName = Array.from({ length: 15 }, () => 'p'.repeat(250)).join('/')

const states: PathState[] = [
  { seq: 1, is: 'absent' },
  { seq: 2 ** 40, is: 'folder' },
  { seq: 3, is: 'file', digest, size: 2 ** 40 },
  { seq: 4, is: 'file', digest: null, size: 0 },
  { seq: 5, is: 'file', digest, size: null },
]

/** Runs the suite. `open` gives a new, empty index; `close` removes it. */
export function describePathIndex(open: () => Index, close: (index: Index) => Promise<void>): void {
  let opened: Index
  let index: PathIndex

  beforeEach(() => {
    opened = open()
    index = opened.paths
  })

  afterEach(() => close(opened))

  test('everything is told of, long names too', async () => {
    const paths = [path, parsePath('a'), parsePath(longName)]
    for (const [at, one] of paths.entries()) index.put(one, { seq: at, is: 'folder' })
    const found: FilePath[] = []
    for await (const piece of index.below(wholeTree)) found.push(...piece.map(([one]) => one))
    expect(found.sort()).toEqual([...paths].sort())
  })

  async function below(folder: string): Promise<Map<string, PathState>> {
    const found = new Map<string, PathState>()
    for await (const piece of index.below(folder as FilePath))
      for (const [at, state] of piece) found.set(at, state)
    return found
  }

  test('a path that no record named has no state', () => {
    expect(index.get(path)).toBeNull()
    expect(index.settledSeq).toBeNull()
  })

  test.each(states)('the state %p is seen at once, and after it is on the disk', async state => {
    index.put(path, { seq: 99, is: 'folder' })
    index.put(path, state)
    expect(index.get(path)).toEqual(state)
    await index.flush()
    expect(index.get(path)).toEqual(state)
  })

  test('a path that was asked for, with a state or without, shows the next one at once and later', async () => {
    const [first, second] = [states[2]!, states[0]!]
    expect(index.get(path)).toBeNull()
    for (const state of [first, second, first]) {
      index.put(path, state)
      expect(index.get(path)).toEqual(state)
      await index.flush()
      expect(index.get(path)).toEqual(state)
      expect(index.get(path)).toEqual(state)
    }
  })

  test('everything below a folder is found, whole pieces and long paths, and nothing beside it', async () => {
    const inside = [...Array(2_500).keys()].map(i => `a/${i}`)
    inside.push('a/b/c', `a/${longName}`, `a/${longName}2`)
    const beside = ['a', 'a.txt', 'a0', 'ab/c', `b/${longName}`]
    for (const at of [...inside, ...beside]) index.put(at as FilePath, { seq: 7, is: 'folder' })
    expect([...(await below('a')).keys()].sort()).toEqual(inside.sort())
    expect(await below(`a/${longName}`)).toEqual(new Map())
    expect(await below('b')).toEqual(new Map([[`b/${longName}`, { seq: 7, is: 'folder' }]]))
    expect(await below('c')).toEqual(new Map())
  })

  test('of the whole tree everything is found, whatever its name begins with', async () => {
    const all = ['a', 'a/b', '!', '~', 'ä/ö', '\u{1f600}', longName, `${longName}/x`]
    for (const at of all) index.put(at as FilePath, { seq: 7, is: 'folder' })
    expect([...(await below('')).keys()].sort()).toEqual(all.sort())
  })

  test('what is put while the rest below a folder is still to come does no harm', async () => {
    for (let i = 0; i < 2_500; i++) index.put(`a/${i}` as FilePath, { seq: 1, is: 'folder' })
    const found: string[] = []
    for await (const piece of index.below('a' as FilePath)) {
      for (const [at] of piece) {
        found.push(at)
        index.put(at, { seq: 2, is: 'absent' })
      }
    }
    expect(new Set(found).size).toBe(2_500)
    expect([...(await below('a')).values()].every(({ is }) => is === 'absent')).toBe(true)
  })

  test('a content is known by the last record that made it, at its path and no other', async () => {
    const { digest: other } = digestOf(Buffer.from('other'))
    const deep = `${longName}/${'d'.repeat(240)}` as FilePath
    for (const at of [path, 'a' as FilePath, deep]) {
      expect(index.seqOfContent(at, digest)).toBeNull()
      index.putContent(at, digest, 3)
      index.putContent(at, other, 4)
      index.putContent(at, digest, 2 ** 40)
    }
    for (let writes = 0; writes < 2; writes++) {
      for (const at of [path, 'a' as FilePath, deep])
        expect([index.seqOfContent(at, digest), index.seqOfContent(at, other)]).toEqual([2 ** 40, 4])
      expect(index.seqOfContent('b' as FilePath, digest)).toBeNull()
      expect(index.seqOfContent(`${longName}/${'e'.repeat(240)}` as FilePath, digest)).toBeNull()
      await index.flush()
    }
  })

  test('the position is what was said last', async () => {
    index.setSettled(5)
    expect(index.settledSeq).toBe(5)
    index.setSettled(6)
    await index.flush()
    expect(index.settledSeq).toBe(6)
  })
}
