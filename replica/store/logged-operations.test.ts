import { ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { ClientId, NodeId, NodeName } from '../../protocol/ids.ts'
import { frameBodyBytesMax } from '../../protocol/limits.ts'
import { type FolderPath, parsePath, wholeTree } from '../../protocol/path.ts'
import type { Change } from '../../protocol/record.ts'
import { LoggedOperations, loggedOperation, spareMax } from './logged-operations.ts'

const digest = `b3:${'1'.repeat(64)}` as Digest
const nothing = { base: null, seen: [], body: { bytes: 0, stage: null } }
const mkdir = (path: string): Change => ({ type: 'mkdir', path: parsePath(path) })
const remove = (path: string): Change => ({ type: 'delete', path: parsePath(path), what: 'file', ...nothing })
const put = (path: string): Change => ({
  ...{ type: 'put', path: parsePath(path), digest, size: 5, executable: null },
  ...nothing,
})
const rename = (from: string, to: string): Change => ({
  ...{ type: 'rename', from: parsePath(from), to: parsePath(to), what: 'file' },
  ...{ base: null, seen: [], replaces: false, baseTo: null, seenTo: [] },
})
const join: Change = { type: 'join', node: 'server2' as NodeName, nodeId: 'b'.repeat(32) as NodeId }
const abandon = (abandonedSeq: number): Change => ({ type: 'abandoned', abandonedSeq, reason: 'too few' })

function journalOf(...changes: Change[]): ScriptedJournal {
  const journal = new ScriptedJournal()
  for (const change of changes) journal.append({ change })
  return journal
}

const mixed = () =>
  journalOf(
    ...[join, mkdir('a'), mkdir('a/b')],
    // 4, abandoned by 6
    ...[mkdir('ab'), remove('a/b/c'), abandon(4)],
    ...[rename('a/b/d', 'x'), rename('y', 'a/e'), mkdir('ab'), put('p')],
  )

function seqs(journal: ScriptedJournal, folder = '', last: number | null = null): number[] {
  const found = new LoggedOperations({ folder: folder as FolderPath, last })
  const pages = journal.entries.flatMap(({ record }) => {
    found.take(record)
    return found.pagesSoFar()
  })
  return [...pages, ...found.pagesAtEnd()].flat().map(({ seq }) => seq)
}

test('operations come oldest first, without the records of members and what was abandoned', () => {
  expect(seqs(mixed())).toEqual([2, 3, 5, 7, 8, 9, 10])
})

test('locks are told with who asked for it, and that one expired; not that one is said anew', () => {
  const lockedPath = parsePath('a/b')
  const [from, holder] = ['x', 'ann@laptop' as ClientId]
  const lock: Change = { type: 'lock', lockedPath, holder, ttlMs: 1_000, token: null, sinceMs: 5, from }
  const unlock: Change = { type: 'unlock', lockedPath, token: 1, how: 'expired', from }
  const journal = journalOf(lock, unlock)
  expect([seqs(journal), seqs(journal, 'a'), seqs(journal, 'b')]).toEqual([[2], [2], []])
  const { record } = journal.entries[0]!
  expect(loggedOperation({ ...record, client: holder })).toMatchObject({
    ...{ type: 'lock', path: 'a/b', client: holder, from: null, size: null, digest: null },
  })
})

test.each([
  ['a', [2, 3, 5, 7, 8]],
  ['a/b', [3, 5, 7]],
  ['a/b/c', [5]],
  ['x', [7]],
  ['y', [8]],
  ['ab', [9]],
  ['nowhere', []],
])('below %s are those at the path and below it, a rename at both of its paths', (path, expected) => {
  expect(seqs(mixed(), path)).toEqual(expected)
})

test('a path is told of what became of the folder in which it lies, and of no other', () => {
  const ofFolder = (change: Change) => ({ ...change, what: 'folder' }) as Change
  const journal = () =>
    journalOf(
      ...[
        put('a/b/c'),
        ofFolder(rename('a', 'z')),
        put('a/b/c'),
        ofFolder(remove('a/b')),
        ofFolder(remove('ab')),
      ],
      mkdir('a'),
    )
  expect(seqs(journal(), 'a/b/c')).toEqual([1, 2, 3, 4])
  expect(seqs(journal(), 'z/b/c')).toEqual([2])
  expect(seqs(journal(), 'a/bc')).toEqual([2])
})

test.each([
  [0, []],
  [1, [10]],
  [3, [8, 9, 10]],
  [7, [2, 3, 5, 7, 8, 9, 10]],
  [8, [2, 3, 5, 7, 8, 9, 10]],
])('of the last %i are told %j', (last, expected) => {
  expect(seqs(mixed(), '', last)).toEqual(expected)
})

test('the last ones are counted without what was abandoned, also behind them', () => {
  expect(seqs(journalOf(mkdir('a'), mkdir('b'), abandon(2)), '', 1)).toEqual([1])
})

test('of many operations only as many are held as may still be wanted', () => {
  const journal = journalOf(mkdir('a'))
  const { record } = journal.entries[0]!
  const found = new LoggedOperations({ folder: wholeTree, last: 2 })
  for (let seq = 1; seq <= 3 * spareMax; seq++) found.take({ ...record, seq })
  for (let seq = 3 * spareMax - 99; seq <= 3 * spareMax; seq++)
    found.take({ ...record, seq: seq + spareMax, change: abandon(seq) })
  const told = found.pagesAtEnd().flat()
  expect(told.map(({ seq }) => seq)).toEqual([3 * spareMax - 101, 3 * spareMax - 100])
})

test('each page fits into a frame, however long the paths are', () => {
  const long = Array.from({ length: 16 }, () => 'x'.repeat(250)).join('/')
  const found = new LoggedOperations({ folder: wholeTree, last: null })
  for (const { record } of journalOf(...Array<Change>(200).fill(rename(long, `${long}x`))).entries)
    found.take(record)
  const pages = found.pagesAtEnd()
  expect(pages.flat()).toHaveLength(200)
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(frameBodyBytesMax)
  expect(found.pagesAtEnd()).toEqual([])
})

test('an operation says what a client wants to know of it', () => {
  const journal = mixed()
  const operation = (seq: number) => loggedOperation(journal.at(seq)!.record)
  expect(operation(10)).toEqual({
    ...{ epoch: 7, seq: 10, timeMs: journal.at(10)!.record.timeMs, client: null },
    ...{ type: 'put', path: 'p', from: null, size: 5, digest },
  })
  expect(operation(7)).toMatchObject({ type: 'rename', path: 'x', from: 'a/b/d', size: null, digest: null })
  expect(operation(5)).toMatchObject({ type: 'delete', path: 'a/b/c', from: null })
  expect(operation(1)).toBeNull()
  expect(operation(6)).toBeNull()
})
