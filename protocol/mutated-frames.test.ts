import { jest } from '@jest/globals'
import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { goldenFrames } from '../fixtures/golden-frames.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { FrameDecoder } from './decoder.ts'
import { ConcurError } from './errors.ts'
import { frameBodyBytesMax } from './limits.ts'
import { decodeBody } from './opcodes.ts'

const inputs = 30_000

const golden = goldenFrames().map(({ bytes }) => bytes)

/** A few golden frames, spoilt: bytes changed, cut out, put in twice, or the end missing. */
function spoiltStream(chance: SeededChance): Buffer {
  const frames = Array.from({ length: 1 + chance.below(4) }, () => golden[chance.below(golden.length)]!)
  let bytes = Buffer.concat(frames)
  for (let changes = chance.below(6); changes >= 0; changes--) {
    const at = chance.below(bytes.length)
    const to = Math.min(bytes.length, at + chance.below(12))
    const kind = chance.below(4)
    if (kind === 0) bytes[at] = chance.below(256)
    else if (kind === 1) bytes[at]! ^= 1 << chance.below(8)
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)])
    else bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)])
    if (bytes.length === 0) return bytes
  }
  return bytes
}

function outcomeOf(bytes: Buffer, chance: SeededChance): string {
  const decoder = new FrameDecoder()
  let frames = 0
  try {
    for (let at = 0; at < bytes.length; ) {
      const to = Math.min(bytes.length, at + 1 + chance.below(bytes.length))
      decoder.push(bytes.subarray(at, to), ({ opcode, body }) => {
        decodeBody(opcode, body)
        frames++
      })
      at = to
    }
    return frames > 0 ? 'frames' : 'nothing yet'
  } catch (error) {
    if (error instanceof ConcurError) return error.code
    throw error
  }
}

test(`${inputs} spoilt streams are read or refused, and none makes the decoder keep more than one frame`, () => {
  const allocated: number[] = []
  const { allocUnsafeSlow } = Buffer
  const spy = jest.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(bytes => {
    allocated.push(bytes)
    return allocUnsafeSlow(bytes)
  })
  const outcomes = new Map<string, number>()
  try {
    for (let seed = 1; seed <= inputs; seed++) {
      const chance = new SeededChance(seed)
      const outcome = outcomeOf(spoiltStream(chance), chance)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  } finally {
    spy.mockRestore()
  }
  expect(Math.max(...new Set(allocated))).toBeLessThanOrEqual(frameBodyBytesMax)
  expect([...outcomes.keys()].sort()).toEqual(['BAD_FRAME', 'BAD_PATH', 'frames', 'nothing yet'])
  expect(outcomes.get('BAD_FRAME')).toBeGreaterThan(inputs / 10)
})

test.each(['acceptor', 'dialer'] as const)(
  '4000 spoilt streams end the connection at the %s, or are taken, and nothing is thrown',
  async side => {
    let ended = 0
    for (let seed = 1; seed <= 4_000; seed++) {
      const chance = new SeededChance(seed)
      const driven = new DrivenConnection({ side })
      driven.hearHello({ role: side === 'acceptor' ? 'client' : 'replica' })
      driven.transport.deliver(spoiltStream(chance))
      if (driven.connection.isOpen) continue
      ended++
      expect(driven.transport.happened).toEqual(['end'])
    }
    expect(ended).toBeGreaterThan(2_000)
    expect(ended).toBeLessThan(4_000)
  },
)
