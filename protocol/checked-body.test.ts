import fc from 'fast-check'
import { CheckedBody } from './checked-body.ts'
import { type Digest, digestOf } from './digest.ts'
import { ConcurError } from './errors.ts'
import { blockBytes, digestBytes, fileBytesMax } from './limits.ts'

/** Bytes that differ from block to block. */
function content(length: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, i) => i * 2_654_435_761).buffer,
    0,
    length,
  )
}

/** A body under way, and the blocks that it has passed on. */
function receive(digest: Digest) {
  const blocks: { bytes: Buffer; at: number }[] = []
  const body = new CheckedBody({
    digest,
    onBlock: async (block, at) => {
      blocks.push({ bytes: Buffer.from(block), at })
    },
  })
  return { body, blocks, whole: () => Buffer.concat(blocks.map(({ bytes }) => bytes)) }
}

/** Takes a list of pieces one after the other, as frames come. */
async function takeAll(
  take: (piece: Buffer) => Promise<void>,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<void> {
  const places = [...cuts.map(cut => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b)
  for (const [i, place] of places.entries()) await take(bytes.subarray(places[i - 1] ?? 0, place))
}

const changed = (what: string) =>
  new ConcurError('CHANGED', `the content changed while it was read (${what})`)

test.each([1, 1_000, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes, 2 * blockBytes + 77])(
  'a body of %d bytes is passed on block by block',
  async length => {
    const bytes = content(length)
    const { digest, blockDigests } = digestOf(bytes)
    const { body, blocks, whole } = receive(digest)
    body.begin(length)
    await body.takeDigests(blockDigests)
    await body.takeBytes(bytes)
    body.assertWhole()
    expect(whole().equals(bytes)).toBe(true)
    expect(blocks.map(({ at }) => at)).toEqual(blocks.map((_, i) => i * blockBytes))
  },
)

test('the empty file has no digests and no bytes, and is whole at once', () => {
  const { digest } = digestOf(Buffer.alloc(0))
  const { body, blocks } = receive(digest)
  body.begin(0)
  body.assertWhole()
  expect(blocks).toEqual([])
})

test('it does not matter where the pieces are cut', async () => {
  const bytes = content(2 * blockBytes + 100)
  const { digest, blockDigests } = digestOf(bytes)
  const cuts = (max: number) => fc.array(fc.nat(max), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(cuts(blockDigests.length), cuts(bytes.length), async (digestCuts, byteCuts) => {
      const { body, whole } = receive(digest)
      body.begin(bytes.length)
      await takeAll(piece => body.takeDigests(piece), blockDigests, digestCuts)
      await takeAll(piece => body.takeBytes(piece), bytes, byteCuts)
      body.assertWhole()
      expect(whole().equals(bytes)).toBe(true)
    }),
    { numRuns: 40 },
  )
})

test('the next piece waits until the block before it was worked on', async () => {
  const bytes = content(blockBytes + 1)
  const { digest, blockDigests } = digestOf(bytes)
  const order: string[] = []
  const body = new CheckedBody({
    digest,
    onBlock: async (_, at) => {
      order.push(`begin ${at}`)
      await new Promise(setImmediate)
      order.push(`end ${at}`)
    },
  })
  body.begin(bytes.length)
  await body.takeDigests(blockDigests)
  await body.takeBytes(bytes)
  expect(order).toEqual(['begin 0', 'end 0', `begin ${blockBytes}`, `end ${blockBytes}`])
})

describe('is refused', () => {
  const bytes = content(blockBytes + 500)
  const { digest, blockDigests } = digestOf(bytes)

  test('a size that no file may have', () => {
    const { body } = receive(digest)
    expect(() => body.begin(fileBytesMax + 1)).toThrow(
      new ConcurError('TOO_LARGE', `a file of ${fileBytesMax + 1} bytes`),
    )
  })

  test('an empty file where another one was expected', () => {
    expect(() => receive(digest).body.begin(0)).toThrow(changed('block digests of another content'))
  })

  test.each([
    ['of another content', digestOf(content(5)).digest, blockDigests],
    ['with one bit changed', digest, Buffer.from(blockDigests).fill(blockDigests[40]! ^ 1, 40, 41)],
    [
      'in another order',
      digest,
      Buffer.concat([blockDigests.subarray(digestBytes), blockDigests.subarray(0, digestBytes)]),
    ],
  ])('block digests %s, before a byte is believed', async (_, expected, digests) => {
    const { body, blocks } = receive(expected as Digest)
    body.begin(bytes.length)
    await expect(body.takeDigests(digests)).rejects.toThrow(changed('block digests of another content'))
    expect(blocks).toEqual([])
  })

  test('another size, with the right block digests', async () => {
    const { body } = receive(digest)
    body.begin(bytes.length + 1)
    await expect(body.takeDigests(blockDigests)).rejects.toThrow(changed('block digests of another content'))
  })

  test('more block digests than blocks', async () => {
    const { body } = receive(digest)
    body.begin(bytes.length)
    const tooMany = Buffer.concat([blockDigests, Buffer.alloc(1)])
    await expect(body.takeDigests(tooMany)).rejects.toThrow(changed('too many block digests'))
  })

  test('bytes before all block digests are there', async () => {
    const { body } = receive(digest)
    body.begin(bytes.length)
    await body.takeDigests(blockDigests.subarray(0, 63))
    await expect(body.takeBytes(bytes)).rejects.toThrow(changed('bytes before the block digests'))
  })

  test.each([0, blockBytes - 1])('a block with the bit at %d changed, which is not passed on', async at => {
    const { body, blocks } = receive(digest)
    const spoilt = Buffer.from(bytes)
    spoilt[at]! ^= 0x80
    body.begin(bytes.length)
    await body.takeDigests(blockDigests)
    await expect(body.takeBytes(spoilt)).rejects.toThrow(changed('block 0 is not what it should be'))
    expect(blocks).toEqual([])
  })

  test('a last block that is changed, after the blocks before it', async () => {
    const { body, blocks } = receive(digest)
    const spoilt = Buffer.from(bytes)
    spoilt[bytes.length - 1]! ^= 1
    body.begin(bytes.length)
    await body.takeDigests(blockDigests)
    await expect(takeAll(piece => body.takeBytes(piece), spoilt, [9, blockBytes + 9])).rejects.toThrow(
      changed('block 1 is not what it should be'),
    )
    expect(blocks.map(({ at }) => at)).toEqual([0])
  })

  test('one byte more than the size', async () => {
    const { body } = receive(digest)
    body.begin(bytes.length)
    await body.takeDigests(blockDigests)
    const tooLong = Buffer.concat([bytes, Buffer.alloc(1)])
    await expect(body.takeBytes(tooLong)).rejects.toThrow(changed('more bytes than its size'))
  })

  test('a body that ends too early, in its digests, before its bytes, or within them', async () => {
    const { body } = receive(digest)
    body.begin(bytes.length)
    await body.takeDigests(blockDigests.subarray(0, 32))
    expect(() => body.assertWhole()).toThrow(changed('ends too early'))
    await body.takeDigests(blockDigests.subarray(32))
    expect(() => body.assertWhole()).toThrow(changed('ends too early'))
    await body.takeBytes(bytes.subarray(0, -1))
    expect(() => body.assertWhole()).toThrow(changed('ends too early'))
    await body.takeBytes(bytes.subarray(-1))
    body.assertWhole()
  })
})
