import fc from 'fast-check'
import { allBlocks, assertRanges, type BlockRange, blocksIn, bytesIn, rangesOf } from './block-ranges.ts'
import { blockBytes } from './limits.ts'

const range = (first: number, count: number): BlockRange => ({ first, count })
const ascending = fc
  .uniqueArray(fc.nat(500), { maxLength: 200 })
  .map(blocks => blocks.toSorted((a, b) => a - b))

test('ranges in ascending order within the file are taken, also none', () => {
  for (const ranges of [[], [range(0, 5)], [range(0, 1), range(1, 1), range(4, 1)]])
    expect(() => assertRanges(ranges, 5)).not.toThrow()
})

test.each([
  ['behind the end', [range(4, 2)]],
  ['of no blocks', [range(1, 0)]],
  ['that overlap', [range(0, 3), range(2, 1)]],
  ['in descending order', [range(3, 1), range(0, 1)]],
])('ranges %s are refused', (_, ranges) => {
  expect(() => assertRanges(ranges, 5)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
})

test('the blocks of ranges are those, and no others', () => {
  const ranges = [range(1, 2), range(5, 1)]
  expect([...blocksIn(ranges)]).toEqual([1, 2, 5])
})

test('the last block counts with the bytes that it has', () => {
  const size = 4 * blockBytes + 7
  expect(bytesIn([range(0, 2)], size)).toBe(2 * blockBytes)
  expect(bytesIn([range(1, 1), range(3, 2)], size)).toBe(2 * blockBytes + 7)
  expect(bytesIn(allBlocks(5), size)).toBe(size)
  expect(bytesIn(allBlocks(1), 7)).toBe(7)
  expect(bytesIn(allBlocks(0), 0)).toBe(0)
})

test('blocks that follow on each other are one range', () => {
  expect(rangesOf([0, 1, 2, 5, 7, 8], 10)).toEqual([range(0, 3), range(5, 1), range(7, 2)])
  expect(rangesOf([], 10)).toEqual([])
})

test('ranges that are too many are joined over the smallest gaps', () => {
  expect(rangesOf([0, 2, 10, 20, 22], 3)).toEqual([range(0, 3), range(10, 1), range(20, 3)])
})

test('whatever the blocks are, the ranges hold them all, begin and end with one, and are no more than there may be', () => {
  fc.assert(
    fc.property(ascending, fc.integer({ min: 1, max: 20 }), (blocks, rangesMax) => {
      const ranges = rangesOf(blocks, rangesMax)
      expect(ranges.length).toBeLessThanOrEqual(rangesMax)
      expect(() => assertRanges(ranges, 501)).not.toThrow()
      const held = new Set(blocksIn(ranges))
      expect(blocks.filter(block => !held.has(block))).toEqual([])
      const wanted = new Set(blocks)
      for (const { first, count } of ranges)
        expect([wanted.has(first), wanted.has(first + count - 1)]).toEqual([true, true])
    }),
  )
})

test('as many ranges as there may be hold nothing else', () => {
  fc.assert(
    fc.property(ascending, blocks => {
      expect([...blocksIn(rangesOf(blocks, 200))]).toEqual(blocks)
    }),
  )
})
