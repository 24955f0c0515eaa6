import { type GoldenFrame, goldenFrames, goldenMeanings } from '../fixtures/golden-frames.ts'
import { frameBytes, type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import { type BodyOf, type Opcode, opcodes } from './opcodes.ts'

const golden = goldenFrames()
const meanings = goldenMeanings()

function onlyFrame({ bytes }: GoldenFrame): ReadFrame {
  const frames = readFrames(bytes)
  expect(frames).toHaveLength(1)
  return frames[0]!
}

test('every golden frame has a meaning, and every meaning a frame', () => {
  expect(Object.keys(meanings).sort()).toEqual(golden.map(({ name }) => name))
})

test('every opcode has a golden frame', () => {
  expect(new Set(golden.map(({ opcode }) => opcode))).toEqual(new Set(Object.keys(opcodes)))
})

test.each(golden)('$name means what is written down', frame => {
  expect(onlyFrame(frame)).toEqual({ opcode: frame.opcode, ...meanings[frame.name] })
})

/** What a newer HELLO adds is not known here, and is not written. */
const writable = golden.filter(({ name }) => name !== 'HELLO-newer')

test.each(writable)('$name is written byte for byte', ({ name, opcode, bytes }) => {
  const { stream, fin, body } = meanings[name]!
  const written = frameBytes(opcode as Opcode, body as BodyOf<Opcode>, { stream, fin })
  expect(written.toString('hex')).toBe(bytes.toString('hex'))
})
