/**
 * The three-way rule, a cell a row: each change on a disk that holds what the change was built on, its result, something
 * else, nothing, or another type. The same live, when a start works the journal off, and in catch-up.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  commitAll,
  historyOf,
  journalOnly,
  mkdir,
  type Ordered,
  put,
  remove,
  rename,
  settle,
  treeOf,
} from './changes.fixture.ts'
import { MemoryIndex } from './memory-index.ts'
import { openTemporaryStore, temporaryFolder } from './store.fixture.ts'
import type { ContentSource, Store } from './store.ts'

type Files = Record<string, string | null>

interface Cell {
  /** What lies at `a`, or at `path`. */
  readonly disk: string
  readonly lay: (root: string) => void
  readonly tree: Files
  readonly history?: Files
  /** Paths that are named. */
  readonly kept?: readonly string[]
}

interface Row {
  readonly change: string
  readonly before: readonly Ordered[]
  readonly ordered: Ordered
  /** What another node has, where this one has to ask for it. */
  readonly elsewhere?: string
  readonly cells: readonly Cell[]
}

const nothing = (): void => {}
const lays =
  (path: string, content: string) =>
  (root: string): void =>
    writeFileSync(join(root, path), content)
const removes =
  (path: string) =>
  (root: string): void =>
    rmSync(join(root, path), { recursive: true })
const laysFolder =
  (path: string) =>
  (root: string): void => {
    rmSync(join(root, path), { force: true })
    mkdirSync(join(root, path))
    lays(`${path}/inside`, 'by hand')(root)
  }
const folder = (path: string): Files => ({ [path]: null, [`${path}/inside`]: 'by hand' })

/** The journal has this many records before the change, whose history is named by its seq. */
const seq = 3
const before = [put('a', 'one'), mkdir('elsewhere')]
const known = { base: 'one', seen: ['one', 'seen'] }

const rows: readonly Row[] = [
  {
    change: 'put',
    before,
    ordered: put('a', 'new', known),
    cells: [
      { disk: 'its base', lay: nothing, tree: { a: 'new' }, history: { a: 'one' } },
      { disk: 'what was seen', lay: lays('a', 'seen'), tree: { a: 'new' }, history: { a: 'seen' } },
      { disk: 'its result', lay: lays('a', 'new'), tree: { a: 'new' } },
      {
        disk: 'another file',
        lay: lays('a', 'edited'),
        tree: { a: 'edited' },
        history: { a: 'new' },
        kept: ['a'],
      },
      { disk: 'nothing', lay: removes('a'), tree: { a: 'new' } },
      { disk: 'a folder', lay: laysFolder('a'), tree: folder('a'), history: { a: 'new' }, kept: ['a'] },
    ],
  },
  {
    change: 'append',
    before,
    ordered: append('a', 'one', ' more'),
    elsewhere: 'one more',
    cells: [
      { disk: 'its base', lay: nothing, tree: { a: 'one more' } },
      { disk: 'its result', lay: lays('a', 'one more'), tree: { a: 'one more' } },
      {
        disk: 'another file',
        lay: lays('a', 'edited'),
        tree: { a: 'edited' },
        history: { a: 'one more' },
        kept: ['a'],
      },
      { disk: 'nothing', lay: removes('a'), tree: { a: 'one more' } },
      { disk: 'a folder', lay: laysFolder('a'), tree: folder('a'), history: { a: 'one more' }, kept: ['a'] },
    ],
  },
  {
    change: 'delete',
    before,
    ordered: remove('a', known),
    cells: [
      { disk: 'its base', lay: nothing, tree: {}, history: { a: 'one' } },
      { disk: 'what was seen', lay: lays('a', 'seen'), tree: {}, history: { a: 'seen' } },
      { disk: 'another file', lay: lays('a', 'edited'), tree: { a: 'edited' }, kept: ['a'] },
      { disk: 'nothing', lay: removes('a'), tree: {} },
      { disk: 'a folder', lay: laysFolder('a'), tree: folder('a'), kept: ['a'] },
    ],
  },
  {
    change: 'rename, its source',
    before,
    ordered: rename('a', 'b', known),
    elsewhere: 'one',
    cells: [
      { disk: 'its base', lay: nothing, tree: { b: 'one' } },
      { disk: 'what was seen', lay: lays('a', 'seen'), tree: { b: 'seen' } },
      { disk: 'another file', lay: lays('a', 'edited'), tree: { b: 'edited' }, kept: ['b'] },
      { disk: 'nothing', lay: removes('a'), tree: { b: 'one' } },
      { disk: 'a folder', lay: laysFolder('a'), tree: { ...folder('a'), b: 'one' }, kept: ['a'] },
    ],
  },
  {
    change: 'rename onto nothing, its target',
    before,
    ordered: rename('a', 'b', known),
    cells: [
      { disk: 'its result', lay: lays('b', 'one'), tree: { b: 'one' }, history: { a: 'one' } },
      {
        disk: 'another file',
        lay: lays('b', 'edited'),
        tree: { b: 'edited' },
        history: { a: 'one' },
        kept: ['b'],
      },
      { disk: 'nothing', lay: nothing, tree: { b: 'one' } },
      { disk: 'a folder', lay: laysFolder('b'), tree: folder('b'), history: { a: 'one' }, kept: ['b'] },
    ],
  },
  {
    change: 'rename onto a file, its target',
    before: [put('a', 'one'), put('b', 'two')],
    ordered: rename('a', 'b', { ...known, over: 'two' }),
    cells: [
      { disk: 'its base', lay: nothing, tree: { b: 'one' }, history: { b: 'two' } },
      { disk: 'its result', lay: lays('b', 'one'), tree: { b: 'one' }, history: { a: 'one' } },
      {
        disk: 'another file',
        lay: lays('b', 'edited'),
        tree: { b: 'edited' },
        history: { a: 'one' },
        kept: ['b'],
      },
      { disk: 'nothing', lay: removes('b'), tree: { b: 'one' } },
      { disk: 'a folder', lay: laysFolder('b'), tree: folder('b'), history: { a: 'one' }, kept: ['b'] },
    ],
  },
  {
    change: 'mkdir',
    before: [put('x', 'one'), mkdir('elsewhere')],
    ordered: mkdir('a'),
    cells: [
      { disk: 'its result', lay: laysFolder('a'), tree: { x: 'one', ...folder('a') } },
      { disk: 'a file', lay: lays('a', 'edited'), tree: { x: 'one', a: 'edited' }, kept: ['a'] },
      { disk: 'nothing', lay: nothing, tree: { x: 'one', a: null } },
    ],
  },
  {
    change: 'rename of a folder, its source',
    before: [mkdir('a'), put('a/x', 'one')],
    ordered: rename('a', 'b', { what: 'folder' }),
    cells: [
      { disk: 'the folder', lay: nothing, tree: { b: null, 'b/x': 'one' } },
      {
        disk: 'the folder, and in it what nobody knows',
        lay: lays('a/mine', 'by hand'),
        tree: { b: null, 'b/mine': 'by hand', 'b/x': 'one' },
      },
      {
        disk: 'the folder, and in it an edited file',
        lay: lays('a/x', 'edited'),
        tree: { b: null, 'b/x': 'edited' },
      },
      { disk: 'nothing', lay: removes('a'), tree: { b: null }, kept: ['b'] },
      {
        disk: 'a file',
        lay(root) {
          removes('a')(root)
          lays('a', 'by hand')(root)
        },
        tree: { a: 'by hand', b: null },
        kept: ['a', 'b'],
      },
    ],
  },
  {
    change: 'rename of a folder, its target',
    before: [mkdir('a'), put('a/x', 'one')],
    ordered: rename('a', 'b', { what: 'folder' }),
    cells: [
      { disk: 'a folder', lay: laysFolder('b'), tree: folder('b'), history: { 'a/x': 'one' }, kept: ['b'] },
      {
        disk: 'a file',
        lay: lays('b', 'by hand'),
        tree: { b: 'by hand' },
        history: { 'a/x': 'one' },
        kept: ['b'],
      },
    ],
  },
]

let root: string
let store: Store
let index: MemoryIndex

async function open(): Promise<void> {
  ;({ store } = await openTemporaryStore({ root, openIndex: () => index }))
}

beforeEach(async () => {
  root = temporaryFolder()
  index = new MemoryIndex()
  await open()
})

afterEach(async () => {
  await store.close()
  rmSync(root, { recursive: true })
})

const having = (content: string | undefined): ContentSource => ({
  async obtain() {
    if (content === undefined) throw new Error('nothing has to be asked for')
    return { is: 'bytes', bytes: Buffer.from(content) }
  },
})

type Said = Awaited<ReturnType<typeof commitAll>>

/** How a record comes to the disk. @returns what was said of it. */
const ways: Record<string, (row: Row, cell: Cell) => Promise<Said>> = {
  async live({ ordered }, { lay }) {
    lay(root)
    return settle(store, ordered)
  },
  async 'when a start works the journal off'({ ordered, elsewhere }, { lay }) {
    await journalOnly(store, ordered)
    await store.close()
    lay(root)
    await open()
    store.setContentSource(having(elsewhere))
    return commitAll(store)
  },
  async 'in catch-up, after a time away'({ ordered, elsewhere }, { lay }) {
    await store.close()
    lay(root)
    await open()
    store.setContentSource(having(elsewhere))
    return settle(store, ordered, put('later', 'x'))
  },
}

describe.each(Object.keys(ways))('%s', way => {
  describe.each(rows.map(row => [row.change, row] as const))('%s', (_, row) => {
    test.each(row.cells.map(cell => [cell.disk, cell] as const))(
      'where the disk holds %s',
      async (_, cell) => {
        store.setContentSource(having(row.elsewhere))
        await settle(store, ...row.before)
        const said = await ways[way]!(row, cell)
        const tree = treeOf(root)
        delete tree.elsewhere
        delete tree.later
        expect(tree).toEqual(cell.tree)
        const filed = Object.entries(cell.history ?? {}).map(([path, content]) => [`${seq}/${path}`, content])
        expect(historyOf(root)).toEqual(Object.fromEntries(filed))
        const kept = said.flatMap(outcome => (outcome.seq === seq ? outcome.kept : []))
        expect(kept.map(({ path }) => path)).toEqual(cell.kept ?? [])
      },
    )
  })
})
