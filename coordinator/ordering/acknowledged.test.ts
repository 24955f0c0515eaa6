import type { NodeId, NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Change } from '../../protocol/record.ts'
import { acknowledgedSeqs } from './acknowledged.ts'

const node = 'server2' as NodeName
const begin: Change = { type: 'begin', members: [] }
const join: Change = { type: 'join', node, nodeId: 'b'.repeat(32) as NodeId }
const mkdir: Change = { type: 'mkdir', path: parsePath('folder') }
const leave = (journaledSeq: number): Change => ({ type: 'leave', node, reason: 'is gone', journaledSeq })

/** A journal of these changes, each with what was committed when it was written. */
function had(...changes: (readonly [Change, number])[]): number | undefined {
  return acknowledgedSeqs(records(changes)).get(node)
}

function records(changes: readonly (readonly [Change, number])[]) {
  return changes.map(([change, committedSeq], at) => ({ seq: at + 1, committedSeq, change }))
}

test('a node of the set had acknowledged what was committed', () => {
  expect(had([begin, 0], [join, 1], [mkdir, 2], [mkdir, 3])).toBe(3)
})

test('a node whose joining is not committed may lack what was committed before', () => {
  expect(had([begin, 0], [mkdir, 1], [join, 2])).toBeUndefined()
  expect(had([begin, 0], [mkdir, 1], [join, 2], [begin, 2], [mkdir, 4])).toBeUndefined()
  expect(had([begin, 0], [mkdir, 1], [join, 2], [mkdir, 3])).toBe(3)
})

test('what is known to be committed beyond the last record counts as well', () => {
  expect(
    acknowledgedSeqs(
      records([
        [join, 0],
        [mkdir, 1],
      ] as const),
      2,
    ).get(node),
  ).toBe(2)
})

test('a node that left had what the record of its leaving says, whatever was committed since', () => {
  expect(had([begin, 0], [join, 1], [mkdir, 2], [leave(3), 2], [mkdir, 4], [mkdir, 5])).toBe(3)
  expect(
    acknowledgedSeqs(
      records([
        [join, 0],
        [leave(1), 1],
        [mkdir, 2],
      ] as const),
      3,
    ).get(node),
  ).toBe(1)
})

test('a node of the set of an earlier term had what that term had committed, and no more', () => {
  expect(had([begin, 0], [join, 1], [mkdir, 2], [mkdir, 3], [begin, 4], [mkdir, 5])).toBe(3)
})

test('who never joined had acknowledged nothing', () => {
  expect(had([begin, 0], [mkdir, 1])).toBeUndefined()
})
