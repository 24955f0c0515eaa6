/** What a body becomes when it is read is in proportion to its bytes: no short frame makes much of itself. */
import { ConcurError } from './errors.ts'
import { decodeBody, type Opcode, opcodes } from './opcodes.ts'

const everyOpcode = Object.keys(opcodes) as Opcode[]
/** Values that a byte of a body may become: a flag of 0 makes one of a field that is not there. */
const valuesPerByteMax = 2
/** Values that any message may have, however short. */
const valuesOfAnyMessage = 40
/** Milliseconds for reading one of the longest bodies. */
const decodeWithinMs = 500

const patterns = {
  'nothing but 0x00': [0x00],
  'nothing but 0x01': [0x01],
  'nothing but 0xff': [0xff],
  'many values that are short': [0xff, 0xff, ...Array<number>(2 ** 18).fill(0)],
  'flags and names of one letter': [0x00, 0x01, 0x01, 0x61],
  'the longest texts': [0x0f, 0xff, ...Array<number>(4095).fill(0x61)],
}

test.each(Object.entries(patterns))(
  'the longest bodies made of %s are read or refused soon, and become little',
  (_, pattern) => {
    const large: string[] = []
    let slowestMs = 0
    for (const opcode of everyOpcode) {
      const { bodyBytesMax } = opcodes[opcode]
      const body = Buffer.alloc(bodyBytesMax, Buffer.from(pattern))
      const begun = performance.now()
      const read = readOrRefused(opcode, body)
      slowestMs = Math.max(slowestMs, performance.now() - begun)
      const values = valuesIn(read)
      if (values > valuesOfAnyMessage + valuesPerByteMax * bodyBytesMax)
        large.push(`${opcode}: ${values} values`)
    }
    expect(large).toEqual([])
    expect(slowestMs).toBeLessThan(decodeWithinMs)
  },
)

function readOrRefused(opcode: Opcode, body: Buffer): unknown {
  try {
    return decodeBody(opcode, body)
  } catch (error) {
    if (error instanceof ConcurError) return error.code
    throw error
  }
}

/** Counts what a message holds: of text its characters, of bytes their number. */
function valuesIn(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length
  if (value instanceof Uint8Array) return 1 + value.length
  if (typeof value !== 'object' || value === null) return 1
  let values = 1
  for (const inner of Object.values(value)) values += valuesIn(inner)
  return values
}
