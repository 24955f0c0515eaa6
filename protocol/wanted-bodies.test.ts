import type { Copy } from './copies.ts'
import type { Digest } from './digest.ts'
import type { NodeName } from './ids.ts'
import type { Read } from './messages.ts'
import { parsePath } from './path.ts'
import { judge, refused } from './verdict.ts'
import { verdictFrom, wantedVersions } from './wanted-bodies.ts'

const file = (byte: string): Copy => ({
  is: 'file',
  digest: `b3:${byte.repeat(32)}` as Digest,
  size: 1,
  mtimeMs: 1,
  executable: false,
  checkedAtMs: 1,
  rotten: false,
})
const A = file('aa')
const B = file('bb')

/** The verdict on what server1, server2 … hold; null: no answer. */
function verdictOn(...held: (Copy | null)[]) {
  return judge(
    held.map((copy, place) => {
      const node = `server${place + 1}` as NodeName
      return copy === null ? { node, copy, reason: 'did not answer within 2 s' } : { node, copy }
    }),
  )
}

const wanting = (bodies: Read['bodies'], from: string | null = null): Read => ({
  path: parsePath('a'),
  deep: false,
  bodies,
  from: from as NodeName | null,
  lastOp: false,
})

const same = verdictOn(A, A)
const different = verdictOn(A, { is: 'folder' }, B, A)
const nowhere = verdictOn({ is: 'absent' }, { is: 'absent' })

test.each([
  ['none', same, []],
  ['none', different, []],
  ['agreed', same, [0]],
  ['agreed', different, []],
  ['all', same, [0]],
  ['all', different, [0, 2]],
  ['all', nowhere, []],
  ['all', verdictOn({ is: 'folder' }, { is: 'folder' }), []],
  ['agreed', refused('USAGE', ''), []],
] as const)('who wants %s gets the versions that are files', (bodies, verdict, expected) => {
  expect(wantedVersions(verdict, wanting(bodies))).toEqual(expected)
})

test.each([
  ['server1', [0]],
  ['server3', [2]],
  ['server4', [0]],
  ['server2', []],
  ['server9', []],
])('who wants the copy of %s gets the version that it holds', (from, expected) => {
  expect(wantedVersions(different, wanting('from', from))).toEqual(expected)
})

test('who wants a copy of nobody gets none', () => {
  expect(wantedVersions(same, wanting('from'))).toEqual([])
})

describe('a read from one node', () => {
  const found = verdictOn(A, { is: 'absent' }, null, { is: 'folder' }, { is: 'other', what: 'link' })
  const errorFrom = (from: string) => verdictFrom(found, wanting('from', from)).error

  test('is what it is where that node holds a file', () => {
    expect(verdictFrom(found, wanting('from', 'server1'))).toBe(found)
  })

  test.each([
    ['server2', { code: 'NOT_FOUND', message: 'not on server2' }],
    ['server3', { code: 'UNREACHABLE', message: 'server3 did not answer within 2 s' }],
    ['server4', { code: 'IS_DIRECTORY', message: 'no file on server4' }],
    ['server5', { code: 'NOT_A_FILE', message: 'no file on server5' }],
  ])('is an ERROR where %s holds none, whatever the others hold', (from, error) => {
    expect(errorFrom(from)).toEqual(error)
    const verdict = verdictFrom(found, wanting('from', from))
    expect(verdict).toEqual({ ...found, verdict: 'ERROR', error })
    expect(wantedVersions(verdict, wanting('from', from))).toEqual([])
  })

  test('keeps the error that there is', () => {
    expect(verdictFrom(nowhere, wanting('from', 'server1'))).toBe(nowhere)
  })

  test('gives what the node has left of a deleted file, and no other node anything', () => {
    const left = {
      ...different,
      verdict: 'ERROR' as const,
      error: { code: 'NOT_FOUND' as const, message: '' },
    }
    const wanted = wanting('from', 'server3')
    const found = verdictFrom(left, wanted)
    expect(found).toMatchObject({ verdict: 'DIFFERENT_FILES', error: null })
    expect(found.versions.map(({ cause }) => cause)).toEqual(['behind', 'behind', 'behind'])
    expect(wantedVersions(found, wanted)).toEqual([2])
    expect(verdictFrom(left, wanting('from', 'server2'))).toBe(left)
    expect(verdictFrom(left, wanting('from', 'server9'))).toBe(left)
  })

  test.each(['none', 'agreed', 'all'] as const)('is not meant by %s', bodies => {
    expect(verdictFrom(found, wanting(bodies, 'server2'))).toBe(found)
  })
})
