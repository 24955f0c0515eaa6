import type { Outcome } from '../protocol/change-messages.ts'
import type { FilePath } from '../protocol/path.ts'
import { settledPages } from './settled-pages.ts'

const position = { journaledSeq: 9, settledSeq: 8 }
const kept = (seq: number, count: number): Outcome => ({
  seq,
  kept: Array.from({ length: count }, (_, n) => ({ path: `p${n}` as FilePath, reason: 'r'.repeat(100) })),
  replaced: [],
})

test('a position without outcomes is one frame', () => {
  expect(settledPages(position, [])).toEqual([{ ...position, outcomes: [] }])
})

test('outcomes that fit are one frame', () => {
  const outcomes = [kept(3, 1), kept(4, 2)]
  expect(settledPages(position, outcomes)).toEqual([{ ...position, outcomes }])
})

test('a record is not settled before the last of its outcomes is told', () => {
  const pages = settledPages(position, [kept(3, 2), kept(5, 9)], 600)
  expect(pages.length).toBeGreaterThan(2)
  expect(pages.map(({ settledSeq }) => settledSeq)).toEqual([...pages.slice(1).map(() => 4), 8])
  expect(pages.flatMap(({ outcomes }) => outcomes).flatMap(outcome => outcome.kept)).toHaveLength(11)
})
