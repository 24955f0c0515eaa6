import { assertWanted, type BlockRange, lastWanted, wantedOnes } from './wanted-blocks.ts'

const range = (first: number, count: number): BlockRange => ({ first, count })

test('ranges in ascending order within the file are taken, also none', () => {
  for (const ranges of [[], [range(0, 5)], [range(0, 1), range(1, 1), range(4, 1)]])
    expect(() => assertWanted(ranges, 5)).not.toThrow()
})

test.each([
  ['behind the end', [range(4, 2)]],
  ['of no blocks', [range(1, 0)]],
  ['that overlap', [range(0, 3), range(2, 1)]],
  ['in descending order', [range(3, 1), range(0, 1)]],
])('ranges %s are refused', (_, ranges) => {
  expect(() => assertWanted(ranges, 5)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
})

test('the blocks of the ranges are wanted, and no others', () => {
  const ranges = [range(1, 2), range(5, 1)]
  const isWanted = wantedOnes(ranges)
  expect([0, 1, 2, 3, 4, 5, 6].filter(isWanted)).toEqual([1, 2, 5])
  expect(lastWanted(ranges)).toBe(5)
  expect(lastWanted([])).toBeNull()
})
