import fc from 'fast-check'
import { type AnyFrame, anyFrame } from '../fixtures/arbitrary-messages.ts'
import { goldenFrames } from '../fixtures/golden-frames.ts'
import { frameBytes, headerBytes, readFrames } from '../fixtures/wire-frames.ts'
import { FrameDecoder } from './decoder.ts'
import { ConcurError } from './errors.ts'
import { frameHeaderBytes } from './limits.ts'
import { type Opcode, opcodes } from './opcodes.ts'

const good = { length: 4, stream: 1, opcode: opcodes.CREDIT.number, flags: 0 }

const mistakes = [
  ['an opcode that is none', { ...good, opcode: 0x99 }, 'no opcode has the number 153'],
  ['an opcode of 0', { ...good, opcode: 0 }, 'no opcode has the number 0'],
  ['an opcode beyond every table', { ...good, opcode: 0xffff }, 'no opcode has the number 65535'],
  ['a body longer than its opcode may have', { ...good, length: 5 }, 'CREDIT with a body of 5 bytes'],
  ['the longest length there is', { ...good, length: 0xffff_ffff }, 'CREDIT with a body of 4294967295 bytes'],
  ['a flag that is none', { ...good, flags: 0x0002 }, 'CREDIT with unknown flags'],
  ['FIN and a flag that is none', { ...good, flags: 0x8001 }, 'CREDIT with unknown flags'],
  ['a frame of a stream on stream 0', { ...good, stream: 0 }, 'CREDIT on stream 0'],
  ['a request on stream 0', { ...good, stream: 0, opcode: opcodes.READ.number }, 'READ on stream 0'],
  ['an answer on stream 0', { ...good, stream: 0, opcode: opcodes.CHUNK.number }, 'CHUNK on stream 0'],
  ['HELLO on a stream', { ...good, opcode: opcodes.HELLO.number }, 'HELLO on stream 1'],
] as const

describe.each(mistakes)('%s is refused', (_, header, message) => {
  const refusal = new ConcurError('BAD_FRAME', message)

  test('on the header alone, before a byte of the body is there', () => {
    expect(() => readFrames(headerBytes(header))).toThrow(refusal)
  })

  test('when the header comes byte by byte, with its last byte', () => {
    const bytes = headerBytes(header)
    const decoder = new FrameDecoder()
    for (let at = 0; at < frameHeaderBytes - 1; at++) decoder.push(bytes.subarray(at, at + 1), unexpected)
    expect(() => decoder.push(bytes.subarray(-1), unexpected)).toThrow(refusal)
  })

  test('behind frames that are given first', () => {
    const given: string[] = []
    const bytes = Buffer.concat([...goldenFrames().map(({ bytes }) => bytes), headerBytes(header)])
    expect(() => new FrameDecoder().push(bytes, ({ opcode }) => given.push(opcode))).toThrow(refusal)
    expect(given).toEqual(goldenFrames().map(({ opcode }) => opcode))
  })
})

test.each(Object.keys(opcodes) as Opcode[])('%s is taken up to its longest body, and not beyond', opcode => {
  const { number, kind, bodyBytesMax } = opcodes[opcode]
  const header = { stream: kind === 'connection' ? 0 : 1, opcode: number, flags: 1, length: bodyBytesMax }
  const lengths: number[] = []
  const longest = Buffer.concat([headerBytes(header), Buffer.alloc(bodyBytesMax)])
  new FrameDecoder().push(longest, ({ body }) => lengths.push(body.length))
  expect(lengths).toEqual([bodyBytesMax])
  const beyond = headerBytes({ ...header, length: bodyBytesMax + 1 })
  expect(() => new FrameDecoder().push(beyond, unexpected)).toThrow(`${opcode} with a body of`)
})

test.each(['GET / HTTP/1.1\r\nHost: server1\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaa'])(
  'what begins with %j is no frame',
  text => {
    expect(() => readFrames(Buffer.from(text, 'latin1'))).toThrow(ConcurError)
  },
)

test('who owns the decoder may refuse a header, and no byte of that body is waited for', () => {
  const decoder = new FrameDecoder(({ opcode }) => {
    if (opcode === 'CHUNK') throw new ConcurError('BAD_FRAME', 'no CHUNK now')
  })
  const given: string[] = []
  const chunk = headerBytes({ length: 256 * 1024, stream: 1, opcode: opcodes.CHUNK.number, flags: 0 })
  const credit = frameBytes('CREDIT', { bytes: 1 }, { stream: 1, fin: false })
  expect(() => decoder.push(Buffer.concat([credit, chunk]), ({ opcode }) => given.push(opcode))).toThrow(
    'no CHUNK now',
  )
  expect(given).toEqual(['CREDIT'])
})

test('the same frames come however the bytes are cut, at every byte', () => {
  const frames = goldenFrames()
  const bytes = Buffer.concat(frames.map(({ bytes }) => bytes))
  const whole = textOfFrames(bytes)
  expect(whole.split('\n')).toHaveLength(frames.length)
  const places = Array.from(bytes, (_, at) => at)
  const wrong = places.filter(at => textOfFrames(bytes.subarray(0, at), bytes.subarray(at)) !== whole)
  expect(wrong).toEqual([])
  expect(textOfFrames(...places.map(at => bytes.subarray(at, at + 1)))).toBe(whole)
})

test('the same frames come however the bytes are cut, in any pieces', () => {
  const cuts = fc.array(fc.nat({ max: 5_000 }), { maxLength: 30 })
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 8 }), cuts, (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(written))
      const places = [...cuts.map(cut => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b)
      const pieces = places.map((place, i) => bytes.subarray(places[i - 1] ?? 0, place))
      expect(readFrames(...pieces)).toEqual(frames)
    }),
    { numRuns: 400 },
  )
})

test('a frame that is not whole is not given', () => {
  for (const { bytes } of goldenFrames()) {
    const cut = Array.from(bytes, (_, length) => bytes.subarray(0, length))
    expect(cut.filter(piece => textOfFrames(piece) !== '')).toEqual([])
  }
})

test('a large frame leaves no large buffer behind once the decoder rests', () => {
  const decoder = new FrameDecoder()
  const bytesBehind: number[] = []
  const pushInTwo = (bytes: Buffer): void => {
    decoder.push(bytes.subarray(0, 20), unexpected)
    decoder.rest()
    decoder.push(bytes.subarray(20), ({ body }) => bytesBehind.push(body.buffer.byteLength))
  }
  pushInTwo(frameBytes('CHUNK', Buffer.alloc(200_000), { stream: 1, fin: false }))
  pushInTwo(frameBytes('CHUNK', Buffer.alloc(100), { stream: 1, fin: false }))
  decoder.rest()
  pushInTwo(frameBytes('CHUNK', Buffer.alloc(100), { stream: 1, fin: false }))
  expect(bytesBehind).toEqual([200_000, 200_000, 100])
})

/** Frames with their bodies as they are, a line each. */
function textOfFrames(...pieces: readonly Buffer[]): string {
  const lines: string[] = []
  const decoder = new FrameDecoder()
  for (const piece of pieces) {
    decoder.push(piece, ({ stream, opcode, fin, body }) => {
      lines.push(`${stream} ${opcode} ${fin} ${body.toString('hex')}`)
    })
  }
  return lines.join('\n')
}

function written({ opcode, body, stream, fin }: AnyFrame): Buffer {
  return frameBytes(opcode, body, { stream, fin })
}

function unexpected(): never {
  throw new Error('a frame that should not come')
}
