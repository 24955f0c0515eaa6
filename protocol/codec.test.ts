import fc from 'fast-check'
import { ByteReader, ByteWriter } from './bytes.ts'
import {
  blob,
  type Codec,
  flag,
  list,
  oneOf,
  optional,
  parsed,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  union,
} from './codec.ts'
import { ConcurError } from './errors.ts'

function written<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new ByteWriter()
  codec.write(writer, value)
  return writer.take()
}

function readWhole<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new ByteReader(bytes)
  const value = codec.read(reader)
  expect(reader.left).toBe(0)
  return value
}

const badFrame = (message: string) => new ConcurError('BAD_FRAME', message)

test.each([
  ['u8', u8, 0xab, 'ab'],
  ['u16', u16, 0xabcd, 'abcd'],
  ['u32', u32, 0xabcdef01, 'abcdef01'],
  ['u64 below 2^32', u64, 0xffff_ffff, '00000000ffffffff'],
  ['u64 of 2^32', u64, 2 ** 32, '0000000100000000'],
  ['u64 of 2^53 - 1', u64, Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
] as const)('%s is big-endian', (_, codec, value, hex) => {
  expect(written<number>(codec, value).toString('hex')).toBe(hex)
  expect(readWhole<number>(codec, Buffer.from(hex, 'hex'))).toBe(value)
})

test('a number beyond 2^53 - 1 is refused', () => {
  const bytes = Buffer.from('0020000000000000', 'hex')
  expect(() => readWhole(u64, bytes)).toThrow(badFrame('a number beyond 2^53 - 1'))
})

test('a flag is 0 or 1, and anything else is refused', () => {
  expect(written(flag, true).toString('hex')).toBe('01')
  expect(written(flag, false).toString('hex')).toBe('00')
  for (const byte of [2, 0x80, 0xff])
    expect(() => readWhole(flag, Buffer.from([byte]))).toThrow(badFrame('a flag that is neither 0 nor 1'))
})

test('a text has its length in bytes in front, and comes back as it was', () => {
  expect(written(text(10), 'aé😀').toString('hex')).toBe('000761c3a9f09f9880')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), value => {
      expect(readWhole(text(1_200), written(text(1_200), value))).toBe(value)
    }),
  )
})

test('a text keeps a byte order mark', () => {
  expect(readWhole(text(10), written(text(10), '\ufeffa'))).toBe('\ufeffa')
})

test.each(['c0af', 'ff', 'eda080', 'f4908080', '80'])('a text of the bytes %s is refused', hex => {
  const bytes = Buffer.from(hex, 'hex')
  const body = Buffer.concat([Buffer.from([0, bytes.length]), bytes])
  expect(() => readWhole(text(10), body)).toThrow(badFrame('a text that is not UTF-8'))
})

test('a text that is too long is cut between characters when it is written, and ends in …', () => {
  const cut = (value: string, bytesMax: number) => readWhole(text(bytesMax), written(text(bytesMax), value))
  expect(cut('abcdefgh', 8)).toBe('abcdefgh')
  expect(cut('abcdefghi', 8)).toBe('abcde…')
  expect(cut('aééééé', 8)).toBe('aéé…')
  expect(cut('a😀😀😀', 8)).toBe('a😀…')
  expect(cut('aa😀😀😀', 8)).toBe('aa…')
})

test('a text that is too long is refused when it is read', () => {
  expect(() => readWhole(text(3), written(text(4), 'abcd'))).toThrow(badFrame('a text that is too long'))
})

test('a name that its parser does not accept is refused', () => {
  const codec = parsed(value => (value === 'server1' ? value : null))
  expect(readWhole(codec, written(text(9), 'server1'))).toBe('server1')
  expect(() => readWhole(codec, written(text(9), 'Server1'))).toThrow(badFrame('a name that is none'))
})

test('a choice is its place in the list, and a place that is none is refused', () => {
  const codec = oneOf(['first', 'second'])
  expect(written(codec, 'second').toString('hex')).toBe('01')
  expect(() => readWhole(codec, Buffer.from([2]))).toThrow(badFrame('a choice that is none'))
})

test('an optional value is a flag, and the value where the flag is 1', () => {
  expect(written(optional(u16), null).toString('hex')).toBe('00')
  expect(written(optional(u16), 7).toString('hex')).toBe('010007')
  expect(() => readWhole(optional(u16), Buffer.from([2, 0, 7]))).toThrow(ConcurError)
})

test('a list is a count and its values, and one that is too long is refused before a value is read', () => {
  expect(written(list(u8, 3), [7, 8]).toString('hex')).toBe('00020708')
  expect(readWhole(list(u8, 3), Buffer.from('0003070809', 'hex'))).toEqual([7, 8, 9])
  expect(() => readWhole(list(u8, 3), Buffer.from('0004', 'hex'))).toThrow(
    badFrame('a list that is too long'),
  )
})

test('a struct is its fields in the order in which they stand', () => {
  const codec = struct(() => ({ a: u8, b: u16 }))
  expect(written(codec, { b: 2, a: 1 }).toString('hex')).toBe('010002')
  expect(readWhole(codec, Buffer.from('010002', 'hex'))).toEqual({ a: 1, b: 2 })
})

test('a union is the place of its case, and the fields of that case', () => {
  const codec = union('is', () => ({ none: struct(() => ({})), some: struct(() => ({ size: u8 })) }))
  expect(written(codec, { is: 'some', size: 9 }).toString('hex')).toBe('0109')
  expect(readWhole(codec, Buffer.from('00', 'hex'))).toEqual({ is: 'none' })
  expect(() => readWhole(codec, Buffer.from('02', 'hex'))).toThrow(badFrame('a choice that is none'))
})

test.each([
  ['u8', u8, 1],
  ['u16', u16, 2],
  ['u32', u32, 4],
  ['u64', u64, 8],
  ['flag', flag, 1],
  ['text', text(10), 2],
] as const)('a body that ends within a %s is refused', (_, codec, bytes) => {
  const cut = Buffer.alloc(bytes - 1)
  expect(() => readWhole<unknown>(codec, cut)).toThrow(badFrame('a body that ends too early'))
})

test('a text that ends before its length says so is refused', () => {
  expect(() => readWhole(text(10), Buffer.from('000361', 'hex'))).toThrow(
    badFrame('a body that ends too early'),
  )
})

test('what a writer has written stays as it is while the writer grows and after it was taken', () => {
  const writer = new ByteWriter()
  writer.u32(0x01020304)
  const seen = writer.view()
  writer.bytes(Buffer.alloc(10_000, 0xff))
  expect(seen.toString('hex')).toBe('01020304')
  const taken = writer.take()
  writer.u32(0)
  expect(taken.length).toBe(10_004)
  expect(taken.readUInt32BE(0)).toBe(0x01020304)
  expect(writer.length).toBe(4)
})

describe('bytes behind their length', () => {
  test('come back as they were written, none and as many as may be', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        const value = Buffer.from(bytes)
        const whole = written(blob(40), value)
        expect(whole.readUInt32BE(0)).toBe(value.length)
        expect(readWhole(blob(40), whole).equals(value)).toBe(true)
      }),
    )
  })

  test('are the reader’s own, whatever becomes of what they were read from', () => {
    const whole = written(blob(4), Buffer.from('abcd'))
    const value = readWhole(blob(4), whole)
    whole.fill(0xee)
    expect(value.toString()).toBe('abcd')
  })

  test('that are too many are refused on their length, before they are there', () => {
    const length = Buffer.from('00000005', 'hex')
    expect(() => blob(4).read(new ByteReader(length))).toThrow(badFrame('bytes that are too many'))
    expect(() => blob(5).read(new ByteReader(length))).toThrow(badFrame('a body that ends too early'))
  })

  test('that are cut anywhere are refused', () => {
    const whole = written(blob(9), Buffer.from('123456789'))
    for (let length = 0; length < whole.length; length++) {
      expect(() => blob(9).read(new ByteReader(whole.subarray(0, length)))).toThrow(
        badFrame('a body that ends too early'),
      )
    }
  })
})
