import fc from 'fast-check'
import type { NodeName } from '../../protocol/ids.ts'
import { type Abandoned, committedUpTo, type Leaver, type Position, settledUpTo } from './commit.ts'

const at = (journaledSeq: number, settledSeq = journaledSeq): Position => ({ journaledSeq, settledSeq })
const left = (leaveSeq: number, journaledSeq: number, settledSeq = journaledSeq): Leaver => ({
  node: 'gone' as NodeName,
  leaveSeq,
  journaledSeq,
  settledSeq,
})

test.each<[string, Position[], Leaver[], Abandoned[], number]>([
  ['what the coordinator alone has', [at(5)], [], [], 5],
  ['no more than every node has', [at(5), at(3), at(4)], [], [], 3],
  ['no more than a leaver has, while its leaving is not on every other node', [at(5)], [left(6, 2)], [], 2],
  ['what the leaver lacks, once its leaving is on every other node', [at(6)], [left(6, 2)], [], 6],
  ['no more than the slower of two that leave', [at(5)], [left(6, 4), left(7, 3)], [], 3],
  ['no abandoned record without the one that abandons it', [at(5)], [], [{ seq: 4, bySeq: 6 }], 3],
  ['both together', [at(6)], [], [{ seq: 4, bySeq: 6 }], 6],
  ['what is before an abandoned record', [at(2)], [], [{ seq: 4, bySeq: 6 }], 2],
  [
    'less, where one abandoned record pulls the end in front of another',
    [at(7)],
    [],
    [
      { seq: 2, bySeq: 6 },
      { seq: 5, bySeq: 8 },
    ],
    1,
  ],
])('committed is %s', (_, members, leavers, abandoned, seq) => {
  expect(committedUpTo(members, leavers, abandoned)).toBe(seq)
})

test.each<[string, Position[], Leaver[], number, number]>([
  ['what every node has in its folder', [at(5, 4), at(5, 2)], [], 5, 2],
  ['never more than is committed', [at(5, 5)], [], 3, 3],
  ['what a leaver has, until its leaving is committed', [at(5, 5)], [left(6, 5, 1)], 5, 1],
  ['what the others have, then', [at(6, 6)], [left(6, 5, 1)], 6, 6],
])('settled is %s', (_, members, leavers, committedSeq, seq) => {
  expect(settledUpTo(members, leavers, committedSeq)).toBe(seq)
})

const seqs = fc.integer({ min: 0, max: 30 })
const positions = fc.tuple(seqs, seqs).map(([one, other]) => at(Math.max(one, other), Math.min(one, other)))
const leavings = fc
  .tuple(positions, fc.integer({ min: 1, max: 10 }))
  .map(([{ journaledSeq, settledSeq }, behind]) => left(journaledSeq + behind, journaledSeq, settledSeq))
const abandonings = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }))
  .map(([seq, behind]): Abandoned => ({ seq, bySeq: seq + behind }))
const nodes = fc.array(positions, { minLength: 1, maxLength: 5 })
const several = { maxLength: 4 }

test('the committed prefix never ends between an abandoned record and the one that abandons it', () => {
  fc.assert(
    fc.property(
      nodes,
      fc.array(leavings, several),
      fc.array(abandonings, several),
      (members, leavers, abandoned) => {
        const end = committedUpTo(members, leavers, abandoned)
        for (const { seq, bySeq } of abandoned) expect(seq <= end && end < bySeq).toBe(false)
      },
    ),
  )
})

test('commit never passes what a node lacks that has not left by a record that every other node has', () => {
  fc.assert(
    fc.property(
      nodes,
      fc.array(leavings, several),
      fc.array(abandonings, several),
      (members, leavers, abandoned) => {
        const end = committedUpTo(members, leavers, abandoned)
        for (const { journaledSeq } of members) expect(end).toBeLessThanOrEqual(journaledSeq)
        for (const { leaveSeq, journaledSeq } of leavers)
          if (members.some(member => member.journaledSeq < leaveSeq))
            expect(end).toBeLessThanOrEqual(journaledSeq)
      },
    ),
  )
})

test('nothing is held back that nobody lacks and nothing abandons', () => {
  fc.assert(
    fc.property(nodes, members => {
      expect(committedUpTo(members, [], [])).toBe(
        Math.min(...members.map(({ journaledSeq }) => journaledSeq)),
      )
    }),
  )
})
