/** What every catalog of history must do. */
import { digestOf } from '../../../protocol/digest.ts'
import { type FilePath, parsePath, wholeTree } from '../../../protocol/path.ts'
import type { Index } from '../index.ts'
import type { FiledObject, HistoryCatalog } from './catalog.ts'

const longName = Array.from({ length: 15 }, () => 'p'.repeat(250)).join('/')
const { digest } = digestOf(Buffer.from('content'))
const identity = { inode: 2n ** 60n, size: 2 ** 40, mtimeNs: -5n, ctimeNs: 2n ** 62n }

const object = (top: string, path: string, known = true): FiledObject => ({
  top,
  path: parsePath(path),
  digest: known ? digest : null,
  identity,
})

const objects = [
  object('0000000000000001', 'a'),
  object('0000000000000002', 'a', false),
  object('0000000000000002.1', 'a'),
  object('fork-0000000000000013-0a1b2c3d/0000000000000014', 'a'),
  object('0000000000000001', 'ä/b'),
  object('0000000000000001', `${longName}/x`),
]

/** Runs the suite. `open` gives a new, empty index; `close` removes it. */
export function describeCatalog(open: () => Index, close: (index: Index) => Promise<void>): void {
  let opened: Index
  let catalog: HistoryCatalog

  beforeEach(() => {
    opened = open()
    catalog = opened.history
  })

  afterEach(() => close(opened))

  const of = (path: FilePath): FiledObject[] => [...catalog.of(path)].flat()

  test('every object is told as it was filed, at once and after it is on the disk', async () => {
    for (const one of objects) catalog.put({ ...one, digest: null })
    for (const one of objects) catalog.put(one)
    for (let writes = 0; writes < 2; writes++) {
      for (const one of objects) expect(catalog.get(one)).toEqual(one)
      expect(of(parsePath('a')).sort((a, b) => (a.top < b.top ? -1 : 1))).toEqual(objects.slice(0, 4))
      expect(of(parsePath(`${longName}/x`))).toEqual([objects[5]])
      await opened.paths.flush()
    }
  })

  test('an object that went is not told', async () => {
    for (const one of objects) catalog.put(one)
    await opened.paths.flush()
    for (const one of objects) if (one !== objects[1]) catalog.remove(one)
    expect(of(parsePath('a'))).toEqual([objects[1]])
    await opened.paths.flush()
    expect(catalog.paths(wholeTree, null)).toEqual(['a'])
    expect(catalog.get(objects[0]!)).toBeNull()
  })

  test('paths are found, very long ones too', async () => {
    for (const one of objects) catalog.put(one)
    for (let writes = 0; writes < 2; writes++) {
      expect(catalog.paths(wholeTree, null)).toEqual([`${longName}/x`, 'a', 'ä/b'])
      expect(catalog.paths(parsePath(longName), null)).toEqual([`${longName}/x`])
      expect(catalog.paths(parsePath('ä'), null)).toEqual(['ä/b'])
      await opened.paths.flush()
    }
  })

  test('whether all is in it is what was said last', () => {
    expect(catalog.isComplete).toBe(false)
    catalog.setComplete(true)
    expect(catalog.isComplete).toBe(true)
    catalog.setComplete(false)
    expect(catalog.isComplete).toBe(false)
  })
}
