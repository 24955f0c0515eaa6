/** The decoder is total, and so are the codecs: whatever arrives, it is read or refused, and costs no more than it may. */
import { goldenFrames } from '../fixtures/golden-frames.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { lengthEdges, SpoiltStreams } from '../fixtures/spoilt-frames.ts'
import { headerBytes } from '../fixtures/wire-frames.ts'
import { FrameDecoder } from './decoder.ts'
import { ConcurError } from './errors.ts'
import { frameBodyBytesMax, frameHeaderBytes } from './limits.ts'
import { decodeBody, type Opcode, opcodes } from './opcodes.ts'

const spoiltStreams = 1_000_000
const everyOpcode = Object.keys(opcodes) as Opcode[]
const golden = goldenFrames()
const strangeBytes = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x0a, 0x10, 0x1f, 0x20, 0x2e, 0x2f, 0x40],
  ...[0x7f, 0x80, 0x81, 0xa0, 0xbf, 0xc0, 0xe2, 0xed, 0xf4, 0xfe, 0xff],
]

/** Under jest every look at a global is a call out of its world. */
const { min } = Math

/** Bytes of the largest buffer that was made. */
let allocatedMax = 0
const { stackTraceLimit } = Error
const { alloc, allocUnsafe, allocUnsafeSlow } = Buffer

beforeAll(() => {
  // A million refusals: nobody reads where they were thrown.
  Error.stackTraceLimit = 0
  Buffer.alloc = watched(alloc)
  Buffer.allocUnsafe = watched(allocUnsafe)
  Buffer.allocUnsafeSlow = watched(allocUnsafeSlow)
})

afterAll(() => {
  Object.assign(Buffer, { alloc, allocUnsafe, allocUnsafeSlow })
  Error.stackTraceLimit = stackTraceLimit
})

type Make = (bytes: number) => Buffer<ArrayBuffer>

function watched(make: Make): Make {
  return bytes => {
    if (bytes > allocatedMax) allocatedMax = bytes
    return make(bytes)
  }
}

/** @returns what became of these pieces: how many frames, or the code of the refusal, or that it broke. */
function outcomeOf(pieces: Iterable<Buffer>): string {
  const decoder = new FrameDecoder()
  let frames = 0
  try {
    for (const piece of pieces)
      decoder.push(piece, ({ opcode, body }) => {
        decodeBody(opcode, body)
        frames++
      })
  } catch (error) {
    return error instanceof ConcurError ? error.code : `broke: ${error}`
  }
  return frames > 0 ? 'frames' : 'nothing yet'
}

function* cutByChance(bytes: Buffer, chance: SeededChance): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const to = min(bytes.length, at + 1 + chance.below(bytes.length))
    yield bytes.subarray(at, to)
    at = to
  }
}

function counted(outcomes: Map<string, number>, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
}

test('every length at an edge is taken up to the bound of its opcode and refused beyond, however the header is cut', () => {
  const wrong: string[] = []
  for (const opcode of everyOpcode) {
    const { number, kind, bodyBytesMax } = opcodes[opcode]
    for (const length of lengthEdges(bodyBytesMax)) {
      const header = headerBytes({ length, stream: kind === 'connection' ? 0 : 1, opcode: number, flags: 0 })
      // Of a frame that may be, and has a body, the header alone is nothing yet.
      const expected =
        length > bodyBytesMax ? ['BAD_FRAME'] : length > 0 ? ['nothing yet'] : ['frames', 'BAD_FRAME']
      for (let cut = 0; cut < frameHeaderBytes; cut++) {
        const outcome = outcomeOf([header.subarray(0, cut), header.subarray(cut)])
        if (!expected.includes(outcome)) wrong.push(`${opcode} of ${length} bytes, cut at ${cut}: ${outcome}`)
      }
    }
  }
  expect(wrong).toEqual([])
  expect(allocatedMax).toBeLessThanOrEqual(frameBodyBytesMax)
})

test('every golden frame with any byte made strange is read or refused, in one piece and cut there', () => {
  const outcomes = new Map<string, number>()
  for (const { bytes } of golden) {
    for (let at = 0; at < bytes.length; at++) {
      const was = bytes[at]!
      for (const strange of strangeBytes) {
        bytes[at] = strange
        counted(outcomes, outcomeOf([bytes]))
        counted(outcomes, outcomeOf([bytes.subarray(0, at), bytes.subarray(at)]))
      }
      bytes[at] = was
    }
  }
  expect([...outcomes.keys()].sort()).toEqual(['BAD_FRAME', 'BAD_PATH', 'frames', 'nothing yet'])
})

test('a million spoilt streams are read or refused, however they are cut, and make no buffer beyond a frame', () => {
  const streams = new SpoiltStreams()
  const outcomes = new Map<string, number>()
  for (let seed = 1; seed <= spoiltStreams; seed++) {
    const chance = new SeededChance(seed)
    const outcome = outcomeOf(cutByChance(streams.next(chance), chance))
    counted(outcomes, outcome.startsWith('broke') ? `seed ${seed} ${outcome}` : outcome)
  }
  expect([...outcomes.keys()].sort()).toEqual(['BAD_FRAME', 'BAD_PATH', 'frames', 'nothing yet'])
  for (const count of outcomes.values()) expect(count).toBeGreaterThan(spoiltStreams / 100)
  expect(allocatedMax).toBeLessThanOrEqual(frameBodyBytesMax)
})
