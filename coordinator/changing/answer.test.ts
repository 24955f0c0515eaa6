import type { Outcome } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { frameBodyBytesMax } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Change } from '../../protocol/record.ts'
import { doneOf, type NodeState, nothingDone, unknownDone } from './answer.ts'

const path = parsePath('a')
const digest = `b3:${'1'.repeat(64)}` as Digest
const gone = `b3:${'2'.repeat(64)}` as Digest
const [server1, server2, server3] = ['server1', 'server2', 'server3'] as NodeName[] as [
  NodeName,
  NodeName,
  NodeName,
]
const nothing = { base: null, seen: [], body: { bytes: 0, stage: null } }
const put: Change = { type: 'put', path, digest, size: 5, executable: null, ...nothing }

const has = (node: NodeName): NodeState => ({ node, hasSettled: true, reason: 'has it', behindOps: 0 })
const lacks = (node: NodeName): NodeState => ({ node, hasSettled: false, reason: 'is down', behindOps: 3 })

function answered(nodes: NodeState[], outcomes: [NodeName, Partial<Outcome>][] = [], change = put) {
  return doneOf({
    ...{ change, moved: null, epoch: 7, seq: 9, nodes, error: null },
    outcomes: new Map(outcomes.map(([node, more]) => [node, { seq: 9, kept: [], replaced: [], ...more }])),
  })
}

test('every configured node is applied, behind or has kept something', () => {
  const kept = [{ path, reason: 'edited on the disk' }]
  expect(answered([has(server1), lacks(server2), has(server3)], [[server3, { kept }]])).toEqual({
    op: { epoch: 7, seq: 9, type: 'put', path },
    digest,
    size: 5,
    applied: [server1],
    behind: [{ node: server2, reason: 'is down', behindOps: 3 }],
    kept: [{ node: server3, path, reason: 'edited on the disk' }],
    replaced: [],
    of: 3,
    error: null,
    outcome: 'committed',
  })
})

test('a node that has kept something back is not applied, though it has settled, nor behind, though it has not yet', () => {
  const kept = [{ path, reason: 'edited' }]
  for (const state of [has(server1), lacks(server1)])
    expect(answered([state], [[server1, { kept }]])).toMatchObject({ applied: [], behind: [] })
})

test('what gave way is a line a node, in the configured order', () => {
  const replaced = [
    { path, digest: gone, cause: 'edited-on-disk' as const },
    { path, digest, cause: null },
  ]
  const done = answered(
    [has(server1), has(server2)],
    [
      [server2, { replaced }],
      [server1, { replaced: [replaced[1]!] }],
    ],
  )
  expect(done.replaced).toEqual([
    { node: server1, digest, cause: null },
    { node: server2, digest: gone, cause: 'edited-on-disk' },
  ])
})

test('of several files that gave way on a node, one that the records had not made is told', () => {
  const replaced = [
    { path, digest, cause: null },
    { path, digest: gone, cause: 'edited-on-disk' as const },
  ]
  const done = answered([has(server1)], [[server1, { replaced }]])
  expect(done.replaced).toEqual([{ node: server1, digest: gone, cause: 'edited-on-disk' }])
})

test.each<[Change, string, Digest | null, number, string]>([
  [{ type: 'append', path, offset: 2, digest, size: 5, ...nothing }, 'append', digest, 5, 'a'],
  [{ type: 'delete', path, what: 'file', ...nothing }, 'delete', null, 0, 'a'],
  [{ type: 'mkdir', path }, 'mkdir', null, 0, 'a'],
  [
    {
      ...{ type: 'rename', from: path, to: parsePath('b'), what: 'folder', base: null, seen: [] },
      ...{ replaces: false, baseTo: null, seenTo: [] },
    },
    'rename',
    null,
    0,
    'b',
  ],
])('the answer to %o says what its path is now', (change, type, digest, size, path) => {
  expect(answered([has(server1)], [], change)).toMatchObject({
    ...{ op: { type, path }, digest, size },
  })
})

test('a renamed file is what it was, as far as that is known', () => {
  const change: Change = {
    ...{ type: 'rename', from: path, to: parsePath('b'), what: 'file', base: digest, seen: [digest] },
    ...{ replaces: false, baseTo: null, seenTo: [] },
  }
  const rest = { change, epoch: 7, seq: 9, nodes: [has(server1)], outcomes: new Map(), error: null }
  expect(doneOf({ ...rest, moved: { digest, size: 5 } })).toMatchObject({ digest, size: 5 })
  expect(doneOf({ ...rest, moved: { digest: null, size: null } })).toMatchObject({ digest: null, size: 0 })
})

test('a record of members is nobody’s operation', () => {
  expect(() => answered([has(server1)], [], { type: 'abandoned', abandonedSeq: 1, reason: '' })).toThrow(
    'no client',
  )
})

test('an error behind the point of no return goes with the operation', () => {
  const error = new ConcurError('TIMEOUT', 'not on every disk')
  const done = doneOf({
    ...{ change: put, moved: null, epoch: 7, seq: 9, nodes: [lacks(server1)], outcomes: new Map(), error },
  })
  expect(done).toMatchObject({
    op: { seq: 9 },
    error: { code: 'TIMEOUT', message: 'not on every disk' },
    outcome: 'committed',
  })
})

test('as much of what was kept is told as fits, and the rest left out', () => {
  const kept = Array.from({ length: 1000 }, (_, at) => ({
    path: parsePath(`${at}/${'x'.repeat(200)}`),
    reason: 'y'.repeat(900),
  }))
  const done = answered([has(server1)], [[server1, { kept }]])
  expect(done.kept.length).toBeGreaterThan(50)
  const bytes = done.kept.reduce((sum, { path, reason }) => sum + path.length + reason.length, 0)
  expect(bytes).toBeLessThan(frameBodyBytesMax)
  expect(done.applied).toEqual([])
})

test('nothing to do is no operation and no error', () => {
  expect(nothingDone(3)).toMatchObject({ op: null, error: null, outcome: 'committed', of: 3, applied: [] })
})

test('what nobody knows is told as such', () => {
  expect(unknownDone(3, 'too late')).toMatchObject({
    op: null,
    error: { code: 'TIMEOUT', message: 'too late' },
    outcome: 'unknown',
  })
})
