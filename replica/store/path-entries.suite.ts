/** What every keeper of several values of a path must do. */
import { type FilePath, wholeTree } from '../../protocol/path.ts'
import type { Index } from './index.ts'
import { compareKeys, type PathEntries } from './path-entries.ts'

const longName = Array.from({ length: 15 }, () => 'p'.repeat(250)).join('/')
const name = (n: number): string => n.toString(16).padStart(32, '0')
const at = (path: string): FilePath => path as FilePath

/** Runs the suite. `open` gives a new, empty index; `close` removes it. */
export function describePathEntries(
  open: () => Index & { readonly paths: { readonly contents: PathEntries<number> } },
  close: (index: Index) => Promise<void>,
): void {
  let opened: ReturnType<typeof open>
  let entries: PathEntries<number>

  beforeEach(() => {
    opened = open()
    entries = opened.paths.contents
  })

  afterEach(() => close(opened))

  const all = (path: string): number[] =>
    [...entries.of(at(path))].flatMap(piece => piece.map(([, value]) => value)).sort((a, b) => a - b)

  const pathsIn = (folder: string): string[] => {
    const found: FilePath[] = []
    for (let after: FilePath | null = null; ; ) {
      const piece = entries.paths(folder === '' ? wholeTree : at(folder), after)
      if (piece.length === 0) return found
      expect(piece).toEqual([...piece].sort(compareKeys))
      found.push(...piece)
      after = piece.at(-1)!
    }
  }

  test('values of a path are told apart by their names, before and after they are written', async () => {
    for (const path of ['a', `${longName}/x`]) {
      entries.put(at(path), name(1), 11)
      entries.put(at(path), name(2), 22)
      entries.put(at(path), name(2), 23)
    }
    for (let writes = 0; writes < 2; writes++) {
      for (const path of ['a', `${longName}/x`]) {
        expect([1, 2, 3].map(n => entries.get(at(path), name(n)))).toEqual([11, 23, null])
        expect(all(path)).toEqual([11, 23])
      }
      expect(all('b')).toEqual([])
      await opened.paths.flush()
    }
  })

  test('a value that went is there no more', async () => {
    entries.put(at('a'), name(1), 11)
    entries.put(at('a'), name(2), 22)
    await opened.paths.flush()
    entries.put(at('a'), name(1), null)
    for (let writes = 0; writes < 2; writes++) {
      expect([entries.get(at('a'), name(1)), all('a')]).toEqual([null, [22]])
      await opened.paths.flush()
    }
  })

  test('all values of a path are told, however many', async () => {
    for (let n = 0; n < 2_500; n++) entries.put(at('a'), name(n), n)
    await opened.paths.flush()
    for (let n = 2_500; n < 2_600; n++) entries.put(at('a'), name(n), n)
    entries.put(at('a'), name(7), 70_000)
    expect(all('a')).toHaveLength(2_600)
    expect(all('a').at(-1)).toBe(70_000)
  })

  test('paths at a folder and below it come in order, each once, and nothing beside it', async () => {
    const inside = ['f', 'f/a', 'f/a-b', 'f/a/b', 'f/ä', `f/${'q'.repeat(200)}`]
    const long = `f/${longName}`
    const beside = ['e', 'f-', 'f.txt', 'f0', 'ff/a']
    for (const path of [...inside, long, ...beside]) for (const n of [1, 2]) entries.put(at(path), name(n), n)
    const sorted = inside.sort((a, b) => compareKeys(at(a), at(b)))
    for (let writes = 0; writes < 2; writes++) {
      const found = pathsIn('f')
      expect(found.filter(path => path !== long)).toEqual(sorted)
      await opened.paths.flush()
    }
    expect(pathsIn('f/a')).toEqual(['f/a', 'f/a/b'])
    expect(pathsIn('').filter(path => path !== long)).toEqual(
      [...inside, ...beside].sort((a, b) => compareKeys(at(a), at(b))),
    )
  })

  test('thousands of paths come piece by piece, those that are not written yet among them', async () => {
    for (let i = 0; i < 2_500; i++) entries.put(at(`f/${i}`), name(1), i)
    await opened.paths.flush()
    for (let i = 2_500; i < 2_600; i++) entries.put(at(`f/${i}`), name(1), i)
    const found = pathsIn('f')
    expect(found).toHaveLength(2_600)
    expect(new Set(found).size).toBe(2_600)
  })
}
