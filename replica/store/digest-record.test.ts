import { digestBytes } from '../../protocol/limits.ts'
import { recordOf } from './digest-index.suite.ts'
import {
  decodeBlockDigests,
  decodeRecord,
  encodeBlockDigests,
  encodeRecord,
  trustedDigestIn,
} from './digest-record.ts'

test.each(['', 'one block'])('a record of "%s" comes back as it was', content => {
  expect(decodeRecord(encodeRecord(recordOf(content)))).toEqual(recordOf(content))
})

test.each(['', 'one block'])('a record of "%s" that has rotted says from what', content => {
  const rotten = { ...recordOf(content), rottenFrom: recordOf('another').digest }
  expect(decodeRecord(encodeRecord(rotten))).toEqual(rotten)
})

test('a record with any bit flipped, or cut anywhere, is none', () => {
  const bytes = encodeRecord(recordOf('one block'))
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    expect(decodeRecord(flipped)).toBeNull()
  }
  for (let length = 0; length < bytes.length; length++)
    expect(decodeRecord(bytes.subarray(0, length))).toBeNull()
})

test.each(['', 'one block'])(
  'the digest alone of "%s" is that of the record, and none where a bit is flipped',
  content => {
    const record = recordOf(content)
    const bytes = encodeRecord(record)
    expect(trustedDigestIn(bytes, record.identity)).toBe(record.digest)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(trustedDigestIn(flipped, record.identity)).toBeNull()
    }
    for (let length = 0; length < bytes.length; length++)
      expect(trustedDigestIn(bytes.subarray(0, length), record.identity)).toBeNull()
  },
)

test('nothing of a record lies in the bytes that it was read from', () => {
  const bytes = encodeRecord(recordOf('one block'))
  const record = decodeRecord(bytes)
  bytes.fill(0)
  expect(record).toEqual(recordOf('one block'))
})

test('a list of block digests comes back as it was, and damaged not at all', () => {
  const list = Buffer.alloc(3 * digestBytes, 7)
  const bytes = encodeBlockDigests(list)
  expect(decodeBlockDigests(bytes)).toEqual(list)
  bytes[40]! ^= 1
  expect(decodeBlockDigests(bytes)).toBeNull()
  expect(decodeBlockDigests(bytes.subarray(0, 2))).toBeNull()
})
