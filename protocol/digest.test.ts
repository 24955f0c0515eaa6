import { blake3 } from '@napi-rs/blake-hash'
import {
  blockCount,
  blockDigest,
  blockLength,
  DigestStream,
  digestFromBytes,
  digestOf,
  digestToBytes,
  fileDigest,
  parseDigest,
} from './digest.ts'
import { blockBytes, fileBytesMax } from './limits.ts'

/** Bytes 0 to 250 over and over. */
function pattern(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => i % 251))
}

/** Computed from the specification by a program that shares nothing with this one. */
const vectors = [
  {
    of: 'the empty file',
    bytes: Buffer.alloc(0),
    digest: 'b3:e99284c67760849c14ab9cd6aa807c3451663c955ccd8821ff26947207c04c0f',
    blocks: [],
  },
  {
    of: 'one byte 0x00',
    bytes: Buffer.alloc(1),
    digest: 'b3:39339481e77a57884febfd29ea636846f89607b6c5b4ce59373c307b64150a77',
    blocks: ['5e8bc98c88c21435cde02e550488fb6d52740d154b9db6443365aa115f0b3cc0'],
  },
  {
    of: 'a line of text',
    bytes: Buffer.from('Hello!! Identical content test\n'),
    digest: 'b3:0ea3a0189c7092cd127bbee633e61da37e1061f5faf2e6abdbd01d167a751d3c',
    blocks: ['6346e1016f75bd887767fdef55ddfbebadfe7990a4174978ac7caab4a7374f3b'],
  },
  {
    of: '1 MiB',
    bytes: pattern(blockBytes),
    digest: 'b3:89ed6842275f0092ed92a151c4fda134d641f2df687c75d1fe71e52ff98b9af7',
    blocks: ['96641ae689463a32ebc3563644df89549508e93d16fc34869d00446e3972c326'],
  },
  {
    of: '1 MiB and 1 byte',
    bytes: pattern(blockBytes + 1),
    digest: 'b3:a8281016433d74f33138c1aaf52ee5cd97c0138253c983f271feaf0449f4179a',
    blocks: [
      '96641ae689463a32ebc3563644df89549508e93d16fc34869d00446e3972c326',
      'cd37efb2f49d9f50bb3d7e90321a5581a1aaf52983ee4f8c6703fb5544a47040',
    ],
  },
]

test.each(vectors)(
  'the digest of $of, and of its blocks, are the known ones',
  ({ bytes, digest, blocks }) => {
    const found = digestOf(bytes)
    expect(found.digest).toBe(digest)
    expect(found.blockDigests.toString('hex')).toBe(blocks.join(''))
    expect(fileDigest(bytes.length, found.blockDigests)).toBe(digest)
  },
)

test.each(vectors)(
  '$of has the same digest when it comes in pieces, wherever they are cut',
  ({ bytes, digest, blocks }) => {
    for (const pieceBytes of [bytes.length, 100_000, blockBytes - 1].filter(count => count > 0)) {
      const stream = new DigestStream()
      for (let at = 0; at < bytes.length; at += pieceBytes) stream.update(bytes.subarray(at, at + pieceBytes))
      const found = stream.finish()
      expect([found.size, found.digest, found.blockDigests.toString('hex')]).toEqual([
        bytes.length,
        digest,
        blocks.join(''),
      ])
    }
  },
)

test.each(vectors.slice(1))(
  'a digest of $of without its domain is another one',
  ({ bytes, digest, blocks }) => {
    const size = Buffer.alloc(8)
    size.writeBigUInt64BE(BigInt(bytes.length))
    const bareBlocks = [0, blockBytes].flatMap(at =>
      at < bytes.length ? [blake3(bytes.subarray(at, at + blockBytes))] : [],
    )
    expect(bareBlocks.map(block => block.toString('hex'))).not.toEqual(blocks)
    const realBlocks = blocks.map(block => Buffer.from(block, 'hex'))
    expect(digestFromBytes(blake3(Buffer.concat([size, ...realBlocks])))).not.toBe(digest)
    expect(digestFromBytes(blake3(bytes))).not.toBe(digest)
  },
)

test('a block is never taken for a file, even when its bytes are what a file is hashed from', () => {
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(1n)
  const asBlock = Buffer.concat([size, blockDigest(Buffer.alloc(1))])
  const file = fileDigest(1, blockDigest(Buffer.alloc(1)))
  expect(digestFromBytes(blockDigest(asBlock))).not.toBe(file)
  const domain = Buffer.from('concur-file-1\0')
  expect(digestFromBytes(blockDigest(Buffer.concat([domain, asBlock])))).not.toBe(file)
  expect(digestFromBytes(blake3(Buffer.concat([domain, asBlock])))).toBe(file)
})

test('two files with the same block digests and different sizes have different digests', () => {
  const blocks = blockDigest(Buffer.alloc(5))
  expect(fileDigest(5, blocks)).not.toBe(fileDigest(6, blocks))
})

test('a block has the same digest whether it is hashed in one call or in parts', () => {
  for (const length of [1, 16 * 1024 - 15, 16 * 1024 - 14, 16 * 1024 - 16, 16 * 1024, 100_000]) {
    const bytes = pattern(length)
    const oneCall = blake3(Buffer.concat([Buffer.from('concur-block-1\0'), bytes]))
    expect(blockDigest(bytes).equals(oneCall)).toBe(true)
  }
})

test.each([
  [0, 0],
  [1, 1],
  [blockBytes - 1, 1],
  [blockBytes, 1],
  [blockBytes + 1, 2],
  [fileBytesMax, 1024 * 1024],
])('a file of %d bytes has %d blocks', (size, count) => {
  expect(blockCount(size)).toBe(count)
  const last = count - 1
  if (count > 0) expect(last * blockBytes + blockLength(size, last)).toBe(size)
})

test('a digest is b3: and 64 lower-case hex digits, and nothing else is one', () => {
  const digest = `b3:${'09af'.repeat(16)}`
  expect(parseDigest(digest)).toBe(digest)
  expect(digestFromBytes(digestToBytes(parseDigest(digest)!))).toBe(digest)
  for (const text of [
    '',
    'b3:',
    digest.slice(0, -1),
    `${digest}0`,
    digest.toUpperCase(),
    digest.slice(3),
    `${digest}\n`,
  ])
    expect(parseDigest(text)).toBeNull()
})

test('the bytes of a digest may lie anywhere in a buffer', () => {
  const buffer = Buffer.concat([Buffer.alloc(5, 1), Buffer.alloc(32, 0xab), Buffer.alloc(5, 2)])
  expect(digestFromBytes(buffer.subarray(5, 37))).toBe(`b3:${'ab'.repeat(32)}`)
})
