/** The bytes of the journal, as they are for ever. */

import { Chain } from '../../../fixtures/journals.ts'
import { inlineBytesMax, recordBytesMax } from '../../../protocol/limits.ts'
import { newEntry, noHash } from '../../../protocol/record.ts'
import { checkEntry, encodeEntry, entryAt, entryBytes } from './entry-codec.ts'
import { Offsets } from './offsets.ts'
import { decodeHeader, encodeHeader, firstSeqOf, saltOf, segmentName } from './segment-header.ts'

const salt = 0x5a175a17
const header = { firstSeq: 2 ** 40 + 7, previous: new Chain(1).next(null).hash, salt }

function encoded(entry = new Chain(1).next(Buffer.from('body')), at = 4096): Buffer {
  const into = Buffer.alloc(entryBytes(entry), 0xff)
  encodeEntry(entry, { into, offset: 0, at, salt, durableSeq: 5 })
  return into
}

test('a header has its bytes', () => {
  const bytes = encodeHeader(header)
  expect(bytes.toString('hex')).toBe(
    `636f6e6375724a0a00000001${bytes.toString('hex', 12, 16)}0000010000000007${header.previous}5a175a1700000000`,
  )
  expect(decodeHeader(bytes)).toEqual(header)
})

test('a header of which any bit is flipped, or the end is missing, is none', () => {
  const bytes = encodeHeader(header)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    expect(decodeHeader(flipped)).toBeNull()
  }
  for (let end = 0; end < bytes.length; end++) expect(decodeHeader(bytes.subarray(0, end))).toBeNull()
})

test('a name tells the first seq, and other names tell none', () => {
  expect(segmentName(12)).toBe('0000000000000012.segment')
  expect(firstSeqOf(segmentName(12))).toBe(12)
  for (const name of ['0000000000000000.segment', '12.segment', '0000000000000012.segment.new', 'prepared'])
    expect(firstSeqOf(name)).toBeNull()
})

test('a salt is never 0', () => {
  expect(saltOf(noHash)).toBe(1)
  expect(saltOf('ffffffff00'.padEnd(64, '0') as typeof noHash)).toBe(0xffffffff)
})

test('an entry has its bytes', () => {
  const entry = new Chain(1).next(Buffer.from('body'))
  const bytes = encoded(entry)
  const lengths = [entry.bytes.length, 4].map(length => length.toString(16).padStart(8, '0')).join('')
  const seqs = '00000000000000010000000000000005'
  expect(bytes.toString('hex', 0, 4)).toBe('5a175a17')
  expect(bytes.toString('hex', 8, 96)).toBe(`${lengths}${seqs}${entry.hash}${noHash}`)
  expect(bytes.subarray(96, 96 + entry.bytes.length)).toEqual(entry.bytes)
  expect(bytes.toString('latin1', 96 + entry.bytes.length).replace(/\0+$/, '')).toBe('body')
  expect(bytes.length % 8).toBe(0)
})

test('what was encoded is read back', () => {
  for (const body of [null, Buffer.alloc(0), Buffer.alloc(7, 1), Buffer.alloc(inlineBytesMax, 2)]) {
    const entry = new Chain(2).next(body)
    const bytes = encoded(entry)
    expect(checkEntry(bytes, 0, { at: 4096, salt })).toBe(bytes.length)
    expect([entryAt.seq(bytes, 0), entryAt.durableSeq(bytes, 0), entryAt.hash(bytes, 0)]).toEqual([
      1,
      5,
      entry.hash,
    ])
    expect(newEntry(entry.record, null).bytes).toEqual(entryAt.record(bytes, 0))
    expect(entryAt.body(bytes, 0)).toEqual(body)
  }
})

test('an entry of which any bit is flipped, or the end is missing, is none', () => {
  const bytes = encoded()
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    expect(checkEntry(bytes, 0, { at: 4096, salt })).toBe(0)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
  }
  for (let end = 0; end < bytes.length; end++)
    expect(checkEntry(bytes.subarray(0, end), 0, { at: 4096, salt })).toBe(0)
})

test('an entry at another place or in another segment is none', () => {
  const bytes = encoded()
  expect(checkEntry(bytes, 0, { at: 4104, salt })).toBe(0)
  expect(checkEntry(bytes, 0, { at: 4096, salt: salt + 1 })).toBe(0)
  bytes.writeUInt32BE(salt + 1)
  expect(checkEntry(bytes, 0, { at: 4096, salt: salt + 1 })).toBe(0)
})

test('lengths beyond the limits are none, whatever is there', () => {
  const bytes = Buffer.alloc(256 * 1024)
  bytes.writeUInt32BE(salt)
  for (const [record, body] of [
    [recordBytesMax + 1, 0],
    [0, inlineBytesMax + 1],
    [0xffff_ffff, 0xffff_fffe],
  ] as const) {
    bytes.writeUInt32BE(record, 8)
    bytes.writeUInt32BE(body, 12)
    expect(checkEntry(bytes, 0, { at: 4096, salt })).toBe(0)
  }
})

test('the place of each of many records is known, and those behind a cut are forgotten', () => {
  const offsets = new Offsets()
  for (let seq = 1; seq <= 10_000; seq++) offsets.push(seq % 3000, 2 ** 31 + seq)
  expect(offsets.last).toBe(10_000)
  for (const seq of [1, 4096, 4097, 10_000])
    expect(offsets.placeOf(seq)).toEqual({ segment: seq % 3000, at: 2 ** 31 + seq })
  offsets.cutAfter(4096)
  expect(() => offsets.placeOf(4097)).toThrow('no record 4097 up to 4096')
  offsets.push(1, 8)
  expect([offsets.placeOf(4096).segment, offsets.placeOf(4097)]).toEqual([1096, { segment: 1, at: 8 }])
  offsets.cutAfter(0)
  expect(() => offsets.placeOf(0)).toThrow('no record 0 up to 0')
})

test('the places of records that were released are forgotten, those behind them are not', () => {
  const offsets = new Offsets()
  offsets.beginAfter(500)
  for (let seq = 501; seq <= 10_500; seq++) offsets.push(0, seq)
  offsets.release(9000)
  expect([offsets.before, offsets.last, offsets.placeOf(9001), offsets.placeOf(10_500)]).toEqual([
    9000,
    10_500,
    { segment: 0, at: 9001 },
    { segment: 0, at: 10_500 },
  ])
  expect(() => offsets.placeOf(9000)).toThrow('no record 9000 up to 10500')
  offsets.cutAfter(9000)
  offsets.push(1, 8)
  expect([offsets.last, offsets.placeOf(9001)]).toEqual([9001, { segment: 1, at: 8 }])
})
