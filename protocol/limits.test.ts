import * as limits from './limits.ts'
import { opcodes } from './opcodes.ts'

test('every limit is a whole number above 0', () => {
  for (const [name, value] of Object.entries(limits)) {
    expect([name, Number.isSafeInteger(value) && value > 0]).toEqual([name, true])
  }
})

test('no opcode may have a longer body than a frame', () => {
  for (const { bodyBytesMax } of Object.values(opcodes))
    expect(bodyBytesMax).toBeLessThanOrEqual(limits.frameBodyBytesMax)
})

test('the first byte of every frame is 0x00', () => {
  expect(limits.frameBodyBytesMax).toBeLessThan(2 ** 24)
})

test('a peer that works everything off always has credit for one more frame', () => {
  const oweMax = limits.streamCreditBytes / 4
  expect(limits.streamCreditBytes - oweMax).toBeGreaterThanOrEqual(limits.frameBodyBytesMax)
})

test('one frame of the flow lane may always be under way', () => {
  expect(limits.chunkBytesAheadMax).toBeGreaterThanOrEqual(limits.frameHeaderBytes + limits.chunkBytesMax)
  expect(limits.unsentBytesMax).toBeGreaterThan(limits.unsentBytesPause + limits.chunkBytesAheadMax)
})

test('silence is told from work: progress comes several times within the shortest patience there is', () => {
  expect(limits.progressEveryMs * 4).toBeLessThanOrEqual(2_000)
})

test('there is room for stream numbers to be asked for in the turn that uses up the last', () => {
  expect(2 ** 32 - limits.streamNumberLast).toBeGreaterThanOrEqual(limits.streamsPerLinkMax)
})

test('the digests of the largest file fit into memory, and its size into a number', () => {
  expect((limits.fileBytesMax / limits.blockBytes) * limits.digestBytes).toBeLessThanOrEqual(32 * 1024 * 1024)
  expect(Number.isSafeInteger(limits.fileBytesMax)).toBe(true)
})
