import { type Digest, digestOf } from '../../../protocol/digest.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { Change, DeletedEntry } from '../../../protocol/record.ts'
import type { PathState } from '../path-index.ts'
import { type Was, WasOf } from './was.ts'

const digest = (content: string) => digestOf(Buffer.from(content)).digest
const [A, B, C] = [digest('A'), digest('B'), digest('C')]
const at = 10
const inline = { bytes: 1, stage: null }
const noBody = { bytes: 0, stage: null }
const path = (name: string) => name as FilePath

const put = (name: string, seen: Digest[], base: Digest | null = null): Change => ({
  ...{ type: 'put', path: path(name), base, seen, digest: C, size: 1, executable: null, body: inline },
})
const append = (name: string, seen: Digest[], offset: number): Change => ({
  ...{
    type: 'append',
    path: path(name),
    base: null,
    seen,
    offset,
    digest: C,
    size: offset + 1,
    body: inline,
  },
})
const remove = (name: string, seen: Digest[], base: Digest | null = null): Change => ({
  ...{ type: 'delete', path: path(name), what: 'file', base, seen, body: noBody },
})
const removeFolder = (name: string): Change => ({
  ...{ type: 'delete', path: path(name), what: 'folder', base: null, seen: [], body: inline },
})
const rename = (from: string, to: string, what: 'file' | 'folder', more: Partial<Change> = {}): Change =>
  ({
    ...{ type: 'rename', from: path(from), to: path(to), what, base: null, seen: [] },
    ...{ replaces: false, baseTo: null, seenTo: [], ...more },
  }) as Change

/** What the paths were behind 10, by the records from 11 on and what the index says in the end. */
function was(
  names: string[],
  records: (Change | [Change, DeletedEntry[]])[],
  index: Record<string, PathState> = {},
): Record<string, Was> {
  const states = new WasOf({ at, paths: names.map(path) })
  for (const [nth, record] of records.entries()) {
    const [change, list] = Array.isArray(record) ? record : [record, []]
    states.take(at + 1 + nth, change, list)
  }
  return Object.fromEntries(states.finish(name => index[name] ?? null))
}

const file = (digest: Digest, atSeq: number, size: number | null = null): Was => ({
  ...{ is: 'file', digest, size, at: atSeq },
})

describe('a path was', () => {
  test('what the first record behind that saw there', () => {
    expect(was(['a'], [put('b', [C]), put('a', [A]), put('a', [C])])).toEqual({ a: file(A, 11) })
  })

  test('nothing, where that record saw nothing', () => {
    expect(was(['a'], [put('a', [])])).toEqual({ a: { is: 'absent', at: 10 } })
    expect(was(['a'], [{ type: 'mkdir', path: path('a') }])).toEqual({ a: { is: 'absent', at: 10 } })
  })

  test.each([
    ['what everybody had, whatever the journal said', [B], A, B],
    ['the journal’s, where copies differed', [B, A], A, A],
    ['the first node’s, where nobody had the journal’s', [B, C], A, B],
  ])('%s', (_, seen, base, expected) => {
    expect(was(['a'], [put('a', seen, base)])).toEqual({ a: file(expected, 10) })
    expect(was(['a'], [remove('a', seen, base)])).toEqual({ a: file(expected, 10) })
  })

  test('the beginning of what was appended to', () => {
    expect(was(['a'], [append('a', [A], 7), append('a', [C], 8)])).toEqual({ a: file(A, 10, 7) })
  })

  test('what is there now, where no record came past it', () => {
    const index = { a: { seq: 4, is: 'file', digest: A, size: 1 }, b: { seq: 5, is: 'absent' } } as const
    expect(was(['a', 'b'], [put('c', [])], index)).toEqual({ a: file(A, 10, 1), b: { is: 'absent', at: 10 } })
  })

  test('a folder, also where something was made in it since; none, where it was made with that', () => {
    const index = { old: { seq: 3, is: 'folder' }, new: { seq: 11, is: 'folder' } } as const
    expect(was(['old', 'new'], [put('new/a', []), put('old/a', [])], index)).toEqual({
      old: { is: 'folder', at: 10 },
      new: { is: 'absent', at: 10 },
    })
  })

  test('not known, where its content never was', () => {
    expect(was(['a'], [], { a: { seq: 4, is: 'file', digest: null, size: null } })).toEqual({})
  })
})

describe('behind a delete of a folder', () => {
  const list: DeletedEntry[] = [
    { path: path('docs/a'), what: 'file', seen: [A] },
    { path: path('docs/sub'), what: 'folder', seen: [] },
  ]

  test('what its list names was that; anything else in it was not there', () => {
    expect(was(['docs', 'docs/a', 'docs/sub', 'docs/x'], [[removeFolder('docs'), list]])).toEqual({
      docs: { is: 'folder', at: 10 },
      'docs/a': file(A, 10),
      'docs/sub': { is: 'folder', at: 10 },
      'docs/x': { is: 'absent', at: 10 },
    })
  })
})

describe('a folder that was deleted', () => {
  const list: DeletedEntry[] = [{ path: path('docs/new'), what: 'file', seen: [C] }]

  test('and in which only new things lay was made with them', () => {
    expect(was(['docs', 'docs/new'], [put('docs/new', []), [removeFolder('docs'), list]])).toEqual({
      docs: { is: 'absent', at: 11 },
      'docs/new': { is: 'absent', at: 10 },
    })
  })

  test('and in which something else lay as well was there', () => {
    const all: DeletedEntry[] = [...list, { path: path('docs/old'), what: 'file', seen: [A] }]
    const names = ['docs', 'docs/new', 'docs/old']
    expect(was(names, [put('docs/new', []), [removeFolder('docs'), all]])).toEqual({
      docs: { is: 'folder', at: 11 },
      'docs/new': { is: 'absent', at: 10 },
      'docs/old': file(A, 11),
    })
  })

  test('and in which only what was there was written was there', () => {
    expect(was(['docs'], [put('docs/old', [A]), [removeFolder('docs'), []]])).toEqual({
      docs: { is: 'folder', at: 11 },
    })
  })
})

describe('behind a rename', () => {
  test('of a file the old name had it, and the new one nothing, or what gave way', () => {
    const moved = rename('a', 'b', 'file', { base: A, seen: [A] })
    expect(was(['a', 'b'], [moved])).toEqual({ a: file(A, 10), b: { is: 'absent', at: 10 } })
    const over = { base: A, seen: [A], replaces: true, baseTo: B, seenTo: [B] }
    expect(was(['b'], [rename('a', 'b', 'file', over)])).toEqual({ b: file(B, 10) })
  })

  test('of a folder what lay in it is looked for under its new name', () => {
    const records = [rename('old', 'new', 'folder'), put('new/a', [A])]
    const index = { 'new/b': { seq: 11, is: 'file', digest: B, size: 2 } } as const
    expect(was(['old', 'old/a', 'old/b', 'new', 'new/a'], records, index)).toEqual({
      old: { is: 'folder', at: 10 },
      'old/a': file(A, 10),
      'old/b': file(B, 10, 2),
      new: { is: 'absent', at: 10 },
      'new/a': { is: 'absent', at: 10 },
    })
  })
})
