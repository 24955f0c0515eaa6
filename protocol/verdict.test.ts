import fc from 'fast-check'
import type { Copy, OtherKind } from './copies.ts'
import type { Digest } from './digest.ts'
import { errorCodes } from './errors.ts'
import type { NodeName } from './ids.ts'
import { judge, type NodeAnswer, refused } from './verdict.ts'

const file = (content: string, more: { mtimeMs?: number; executable?: boolean } = {}): Copy => ({
  is: 'file',
  digest: `b3:${Buffer.from(content).toString('hex').padEnd(64, '0')}` as Digest,
  size: content.length,
  mtimeMs: 1,
  executable: false,
  checkedAtMs: 5,
  rotten: false,
  ...more,
})
const A = file('A')
const B = file('B')
const C = file('C')
const folder: Copy = { is: 'folder' }
const other = (what: OtherKind): Copy => ({ is: 'other', what })
const absent: Copy = { is: 'absent' }
const locked: Copy = { is: 'unreadable', reason: 'the disk failed (EIO)' }
const silent = 'did not answer within 2 s'

const nameOf = (place: number) => `server${place + 1}` as NodeName

function answers(said: readonly (Copy | string)[]): NodeAnswer[] {
  return said.map((copy, place) => {
    const node = nameOf(place)
    return typeof copy === 'string' ? { node, copy: null, reason: copy } : { node, copy }
  })
}

/** `SINGLE_FILE server1 = server2 | missing: server3`: a verdict in one line. */
function line(said: readonly (Copy | string)[]): string {
  const { verdict, versions, missing, unreachable, stale, error } = judge(answers(said))
  const parts = [
    `${verdict}${error === null ? '' : ` ${error.code} (${error.message})`}`,
    ...versions.map(
      ({ type, copies, note }) => `${note ?? type} on ${copies.map(({ node }) => node).join(' = ')}`,
    ),
    ...(missing.length > 0 ? [`missing: ${missing.join(' ')}`] : []),
    ...(unreachable.length > 0 ? [`unreachable: ${unreachable.join(' ')}`] : []),
    ...(stale.length > 0 ? [`stale: ${stale.join(' ')}`] : []),
  ]
  return parts.join(' | ')
}

test.each<[string, (Copy | string)[], string]>([
  // one node
  ['the only copy', [A], 'SINGLE_FILE | file on server1'],
  ['nothing on the only node', [absent], 'ERROR NOT_FOUND (not on server1) | missing: server1'],
  [
    'the only copy cannot be read',
    [locked],
    'ERROR UNREACHABLE (server1 could not read it: the disk failed (EIO)) | unreachable: server1',
  ],
  ['a folder on the only node', [folder], 'ERROR IS_DIRECTORY (a folder on server1) | a folder on server1'],
  ['a link on the only node', [other('link')], 'ERROR NOT_A_FILE (a link on server1) | a link on server1'],
  // two nodes
  ['every copy the same', [A, A], 'SINGLE_FILE | file on server1 = server2'],
  [
    'the same where it exists: not on the replica',
    [A, absent],
    'SINGLE_FILE | file on server1 | missing: server2',
  ],
  [
    'the same where it exists: on the replica only',
    [absent, A],
    'SINGLE_FILE | file on server2 | missing: server1',
  ],
  ['never replicated, different', [A, B], 'DIFFERENT_FILES | file on server1 | file on server2'],
  ['a file here, a folder there', [A, folder], 'DIFFERENT_FILES | file on server1 | a folder on server2'],
  ['a link here, a file there', [other('link'), A], 'DIFFERENT_FILES | a link on server1 | file on server2'],
  ['a copy that cannot be read', [A, locked], 'SINGLE_FILE | file on server1 | unreachable: server2'],
  ['a node that does not answer', [silent, A], 'SINGLE_FILE | file on server2 | unreachable: server1'],
  [
    'absent where asked, and somebody could not be asked',
    [absent, silent],
    `ERROR UNREACHABLE (not on server1; server2 ${silent}) | missing: server1 | unreachable: server2`,
  ],
  [
    'absent where asked, and a copy that cannot be read',
    [absent, locked],
    'ERROR UNREACHABLE (not on server1; server2 could not read it: the disk failed (EIO)) | missing: server1 | unreachable: server2',
  ],
  [
    'nobody could be asked',
    [silent, 'is not connected'],
    `ERROR UNREACHABLE (server1 ${silent}; server2 is not connected) | unreachable: server1 server2`,
  ],
  [
    'absent everywhere, every node asked',
    [absent, absent],
    'ERROR NOT_FOUND (not on server1, not on server2) | missing: server1 server2',
  ],
  [
    'folders',
    [folder, folder],
    'ERROR IS_DIRECTORY (a folder on server1, a folder on server2) | a folder on server1 = server2',
  ],
  [
    'a folder, and nothing',
    [folder, absent],
    'ERROR IS_DIRECTORY (a folder on server1) | a folder on server1 | missing: server2',
  ],
  [
    'a folder here, a FIFO there',
    [folder, other('fifo')],
    'ERROR NOT_A_FILE (a folder on server1, a FIFO on server2) | a folder on server1 | a FIFO on server2',
  ],
  // three nodes
  ['three the same', [A, A, A], 'SINGLE_FILE | file on server1 = server2 = server3'],
  ['two against one', [A, B, A], 'DIFFERENT_FILES | file on server1 = server3 | file on server2'],
  ['one against two', [A, B, B], 'DIFFERENT_FILES | file on server1 | file on server2 = server3'],
  ['three different', [C, A, B], 'DIFFERENT_FILES | file on server1 | file on server2 | file on server3'],
  [
    'different, and not everywhere',
    [absent, A, B],
    'DIFFERENT_FILES | file on server2 | file on server3 | missing: server1',
  ],
  [
    'different, and somebody silent',
    [A, silent, B],
    'DIFFERENT_FILES | file on server1 | file on server3 | unreachable: server2',
  ],
  [
    'the same, one without, one silent',
    [A, absent, silent],
    'SINGLE_FILE | file on server1 | missing: server2 | unreachable: server3',
  ],
  [
    'a file, and two things that are not the same',
    [A, other('link'), other('device')],
    'DIFFERENT_FILES | file on server1 | a link on server2 | a device on server3',
  ],
  [
    'a file, and two links',
    [other('link'), A, other('link')],
    'DIFFERENT_FILES | a link on server1 = server3 | file on server2',
  ],
  [
    'no file on two, and one silent',
    [absent, silent, absent],
    `ERROR UNREACHABLE (not on server1, not on server3; server2 ${silent}) | missing: server1 server3 | unreachable: server2`,
  ],
])('%s', (_, said, expected) => {
  expect(line(said)).toBe(expected)
})

test('a version is what its first node says; mtime and the executable bit do not make another version', () => {
  const { verdict, versions } = judge(
    answers([file('A', { mtimeMs: 7, executable: true }), file('A', { mtimeMs: 9 })]),
  )
  expect(verdict).toBe('SINGLE_FILE')
  expect(versions[0]).toMatchObject({ mtimeMs: 7, executable: true, size: 1, cause: null, note: null })
  expect(versions[0]!.copies).toEqual([
    { node: 'server1', checkedAtMs: 5 },
    { node: 'server2', checkedAtMs: 5 },
  ])
})

test('every version of DIFFERENT_FILES was never replicated, and no other verdict gives a cause', () => {
  expect(judge(answers([A, B, folder])).versions.map(({ cause }) => cause)).toEqual(
    Array(3).fill('never-replicated'),
  )
  expect(judge(answers([A, A])).versions.map(({ cause }) => cause)).toEqual([null])
  expect(judge(answers([folder, other('link')])).versions.map(({ cause }) => cause)).toEqual([null, null])
})

test('a read that was refused is an ERROR with nothing found', () => {
  expect(refused('USAGE', 'no node is called x')).toEqual({
    verdict: 'ERROR',
    versions: [],
    missing: [],
    stale: [],
    unreachable: [],
    details: [],
    lastOp: null,
    error: { code: 'USAGE', message: 'no node is called x' },
  })
})

const rotten: Copy = { ...C, rotten: true } as Copy

const anySaid = fc.constantFrom<Copy | string>(
  A,
  rotten,
  B,
  C,
  file(''),
  folder,
  other('link'),
  other('fifo'),
  absent,
  locked,
  silent,
)

test('whatever the nodes say, the verdict claims no more than they said', () => {
  fc.assert(
    fc.property(fc.array(anySaid, { minLength: 1, maxLength: 6 }), said => {
      const found = judge(answers(said))
      const files = said.flatMap(copy =>
        typeof copy === 'object' && copy.is === 'file' ? [copy.digest] : [],
      )
      const isAsked = (copy: Copy | string) => typeof copy === 'object' && copy.is !== 'unreadable'
      const names = said.map((_, place) => nameOf(place))

      if (new Set(files).size > 1) expect(found.verdict).toBe('DIFFERENT_FILES')
      if (said.includes(rotten)) expect(found.verdict).toBe('DIFFERENT_FILES')
      if (found.verdict === 'SINGLE_FILE')
        expect(found.versions).toMatchObject([{ type: 'file', digest: files[0] }])
      if (found.error?.code === 'NOT_FOUND') expect(said.every(copy => copy === absent)).toBe(true)
      expect(found.verdict === 'ERROR').toBe(files.length === 0)
      expect(found.error !== null).toBe(found.verdict === 'ERROR')
      if (found.error !== null) expect(errorCodes).toContain(found.error.code)

      const holders = found.versions.map(({ copies }) => copies.map(({ node }) => node))
      const places = [...holders.flat(), ...found.missing, ...found.unreachable, ...found.stale]
      expect([...places].sort()).toEqual([...names].sort())
      expect(found.unreachable).toEqual(names.filter((_, place) => !isAsked(said[place]!)))
      expect(found.missing).toEqual(names.filter((_, place) => said[place] === absent))
      for (const list of [...holders, found.missing, found.unreachable, holders.map(([first]) => first!)])
        expect(list).toEqual(names.filter(name => list.includes(name)))
      expect(found.details.map(({ node }) => node)).toEqual(
        names.filter(name => found.missing.includes(name) || found.unreachable.includes(name)),
      )
    }),
    { numRuns: 1_000 },
  )
})
