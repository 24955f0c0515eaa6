import fc from 'fast-check'
import { BodyReceiver, ContentMoved, returnBlock } from './body-receiver.ts'
import { BufferPool } from './buffer-pool.ts'
import { type Digest, digestOf } from './digest.ts'
import { ConcurError } from './errors.ts'
import { blockBytes, digestBytes } from './limits.ts'

/** Bytes that differ from block to block. */
function content(length: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, i) => i * 2_654_435_761).buffer,
    0,
    length,
  )
}

const pool = new BufferPool({ bufferBytes: blockBytes, keepMax: 2 })

/** A body under way, and the blocks that it has passed on. */
function receive(digest: Digest, size: number) {
  const blocks: { bytes: Buffer; at: number }[] = []
  const onBlock = (block: Buffer, at: number): void => {
    blocks.push({ bytes: Buffer.from(block), at })
    returnBlock(pool, block)
  }
  const body = new BodyReceiver({ digest, size, pool, onBlock })
  return { body, blocks, whole: () => Buffer.concat(blocks.map(({ bytes }) => bytes)) }
}

/** Takes a list of pieces one after the other, as frames come. */
function takeAll(take: (piece: Buffer) => void, bytes: Buffer, cuts: readonly number[]): void {
  const places = [...cuts.map(cut => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b)
  for (const [i, place] of places.entries()) take(bytes.subarray(places[i - 1] ?? 0, place))
}

const changed = (what: string) => new ContentMoved(what)
const badFrame = (what: string) => new ConcurError('BAD_FRAME', what)
const otherContent = 'the block digests are those of another content'

test.each([1, 1_000, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes, 2 * blockBytes + 77])(
  'a body of %d bytes is passed on block by block',
  length => {
    const bytes = content(length)
    const { digest, blockDigests } = digestOf(bytes)
    const { body, blocks, whole } = receive(digest, length)
    body.takeDigests(blockDigests)
    body.takeBytes(bytes)
    expect(body.isWhole).toBe(true)
    expect(whole().equals(bytes)).toBe(true)
    expect(blocks.map(({ at }) => at)).toEqual(blocks.map((_, i) => i * blockBytes))
  },
)

test('the empty file has no digests and no bytes, and is whole at once', () => {
  const { digest } = digestOf(Buffer.alloc(0))
  const { body, blocks } = receive(digest, 0)
  expect(body.isWhole).toBe(true)
  expect(blocks).toEqual([])
})

test('it does not matter where the pieces are cut', () => {
  const bytes = content(2 * blockBytes + 100)
  const { digest, blockDigests } = digestOf(bytes)
  const cuts = (max: number) => fc.array(fc.nat(max), { maxLength: 12 })
  fc.assert(
    fc.property(cuts(blockDigests.length), cuts(bytes.length), (digestCuts, byteCuts) => {
      const { body, whole } = receive(digest, bytes.length)
      takeAll(piece => body.takeDigests(piece), blockDigests, digestCuts)
      takeAll(piece => body.takeBytes(piece), bytes, byteCuts)
      expect(body.isWhole).toBe(true)
      expect(whole().equals(bytes)).toBe(true)
    }),
    { numRuns: 40 },
  )
})

describe('is refused', () => {
  const bytes = content(blockBytes + 500)
  const { digest, blockDigests } = digestOf(bytes)

  test('an empty file where another one was expected', () => {
    expect(() => receive(digest, 0)).toThrow(changed(otherContent))
  })

  test.each([
    ['of another content', digestOf(content(5)).digest, blockDigests],
    ['with one bit changed', digest, Buffer.from(blockDigests).fill(blockDigests[40]! ^ 1, 40, 41)],
    [
      'in another order',
      digest,
      Buffer.concat([blockDigests.subarray(digestBytes), blockDigests.subarray(0, digestBytes)]),
    ],
  ])('block digests %s, before a byte is believed', (_, expected, digests) => {
    const { body, blocks } = receive(expected as Digest, bytes.length)
    expect(() => body.takeDigests(digests)).toThrow(changed(otherContent))
    expect(blocks).toEqual([])
  })

  test('another size, with the right block digests', () => {
    const { body } = receive(digest, bytes.length + 1)
    expect(() => body.takeDigests(blockDigests)).toThrow(changed(otherContent))
  })

  test('more block digests than blocks', () => {
    const { body } = receive(digest, bytes.length)
    const tooMany = Buffer.concat([blockDigests, Buffer.alloc(1)])
    expect(() => body.takeDigests(tooMany)).toThrow(badFrame('more block digests than blocks'))
  })

  test('bytes before all block digests are there', () => {
    const { body } = receive(digest, bytes.length)
    body.takeDigests(blockDigests.subarray(0, 63))
    expect(() => body.takeBytes(bytes)).toThrow(badFrame('bytes before their digests'))
  })

  test.each([0, blockBytes - 1])('a block with the bit at %d changed, which is not passed on', at => {
    const { body, blocks } = receive(digest, bytes.length)
    const spoilt = Buffer.from(bytes)
    spoilt[at]! ^= 0x80
    body.takeDigests(blockDigests)
    expect(() => body.takeBytes(spoilt)).toThrow(changed('block 0 is not what its digest says'))
    expect(blocks).toEqual([])
  })

  test('a last block that is changed, after the blocks before it', () => {
    const { body, blocks } = receive(digest, bytes.length)
    const spoilt = Buffer.from(bytes)
    spoilt[bytes.length - 1]! ^= 1
    body.takeDigests(blockDigests)
    expect(() => takeAll(piece => body.takeBytes(piece), spoilt, [9, blockBytes + 9])).toThrow(
      changed('block 1 is not what its digest says'),
    )
    expect(blocks.map(({ at }) => at)).toEqual([0])
  })

  test('one byte more than the size', () => {
    const { body } = receive(digest, bytes.length)
    body.takeDigests(blockDigests)
    const tooLong = Buffer.concat([bytes, Buffer.alloc(1)])
    expect(() => body.takeBytes(tooLong)).toThrow(badFrame('more bytes than the file has'))
  })

  test('a body that ends too early, in its digests, before its bytes, or within them', () => {
    const { body } = receive(digest, bytes.length)
    body.takeDigests(blockDigests.subarray(0, 32))
    expect(body.isWhole).toBe(false)
    body.takeDigests(blockDigests.subarray(32))
    expect(body.isWhole).toBe(false)
    body.takeBytes(bytes.subarray(0, -1))
    expect(body.isWhole).toBe(false)
    body.takeBytes(bytes.subarray(-1))
    expect(body.isWhole).toBe(true)
  })
})
