/** Every field that is a path, of every opcode, is held against the rules of paths: found by trying, not by their names. */
import fc from 'fast-check'
import { bodies } from '../fixtures/arbitrary-messages.ts'
import { badBytes, namedPaths, refusedBytes } from '../fixtures/hostile-paths.ts'
import { ByteWriter } from './bytes.ts'
import { ConcurError } from './errors.ts'
import { type BodyOf, decodeBody, encodeBody, type Opcode, opcodes } from './opcodes.ts'

const everyOpcode = Object.keys(opcodes) as Opcode[]
const samples = 60

/** Bytes of a path that every frame has room for. */
const bytesMax = 200
const refused = refusedBytes.filter(({ length }) => length > 0 && length <= bytesMax)
const named = namedPaths.map(text => Buffer.from(text)).filter(({ length }) => length <= bytesMax)

/** A place in a body where a text stands: the keys that lead there, and as a name of the place without the numbers. */
interface Spot {
  readonly keys: readonly string[]
  readonly name: string
}

function* textsIn(value: unknown, keys: readonly string[] = []): Generator<Spot> {
  if (typeof value === 'string') yield { keys, name: keys.filter(key => Number.isNaN(Number(key))).join('.') }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, [...keys, key])
}

function replaced(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text
  const inner = replaced((value as Record<string, unknown>)[key], rest, text)
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...(value as object), [key]: inner }
}

/** @returns the body with these bytes where the text stood; null where no text of any length may stand there. */
function encodedWith(opcode: Opcode, body: unknown, spot: Spot, bytes: Buffer): Buffer | null {
  const marker = 'x'.repeat(bytes.length)
  const writer = new ByteWriter()
  try {
    encodeBody(writer, opcode, replaced(body, spot.keys, marker) as BodyOf<Opcode>)
  } catch {
    return null
  }
  const encoded = Buffer.from(writer.take())
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  const at = encoded.indexOf(Buffer.concat([length, Buffer.from(marker)]))
  if (at < 0) return null
  bytes.copy(encoded, at + 2)
  return encoded
}

/** @returns the code of the refusal; null when it is read. */
function refusal(opcode: Opcode, bytes: Buffer): string | null {
  try {
    decodeBody(opcode, bytes)
    return null
  } catch (error) {
    return error instanceof ConcurError ? error.code : `broke: ${error}`
  }
}

const mark = Buffer.from('no//path')
const name = Buffer.from('a-path')

/** Of each opcode a body for each place at which a path stands. */
function pathSpots(opcode: Opcode): Map<string, { body: unknown; spot: Spot }> {
  const found = new Map<string, { body: unknown; spot: Spot }>()
  for (const body of fc.sample<unknown>(bodies[opcode], { seed: 1, numRuns: samples })) {
    for (const spot of textsIn(body)) {
      if (found.has(spot.name)) continue
      const bad = encodedWith(opcode, body, spot, mark)
      const good = encodedWith(opcode, body, spot, name)
      if (bad === null || good === null || refusal(opcode, good) !== null) continue
      if (refusal(opcode, bad) === 'BAD_PATH') found.set(spot.name, { body, spot })
    }
  }
  return found
}

const spots = new Map(everyOpcode.map(opcode => [opcode, pathSpots(opcode)]))
const withPaths = [...spots].filter(([, found]) => found.size > 0)

test('these fields of these opcodes are paths; a new one has to be listed', () => {
  const listed = Object.fromEntries(withPaths.map(([opcode, found]) => [opcode, [...found.keys()].sort()]))
  expect(listed).toEqual({
    CHANGE: ['what.from', 'what.path', 'what.to'],
    CHECK: ['path'],
    CONDITION_IS: ['closedFirst'],
    CONTENT: ['path'],
    DONE: ['kept.path', 'op.path'],
    ENTRIES: ['entries.path'],
    EXAMINED: ['nodes.condition.closedFirst'],
    FETCH: ['path'],
    FORGET: ['path'],
    FORGOT: ['paths.path'],
    HAD: ['path'],
    HAD_IS: ['contents.path'],
    HISTORY: ['path'],
    KEPT: ['contents.path'],
    LIST: ['path'],
    LOCK: ['path'],
    LOCK_IS: ['lease.path'],
    LOG: ['path'],
    LOGGED: ['operations.from', 'operations.path'],
    LOOK: ['path'],
    NEED_STATED: ['path'],
    PAST: ['path'],
    PAST_IS: ['entries.path'],
    PRUNE: ['path'],
    PRUNING: ['paths.path'],
    READ: ['path'],
    RECALL: ['path'],
    ROWS: ['rows.path'],
    SETTLED: ['outcomes.kept.path', 'outcomes.replaced.path'],
    STATED: ['rows.path'],
    STATUS_IS: ['locks.path'],
    SUM: ['path'],
    SURVEY: ['paths'],
    UNLOCK: ['path'],
    VERDICT: ['lastOp.from', 'lastOp.path'],
    VERIFY: ['path'],
    WAIT: ['path'],
    WALK: ['path'],
  })
})

test.each(withPaths)('no path of %s may be one that is none, and every name may', (opcode, found) => {
  const wrong: string[] = []
  for (const [place, { body, spot }] of found) {
    for (const bytes of refused) {
      const encoded = encodedWith(opcode, body, spot, bytes)
      const code = encoded === null ? 'not tried' : refusal(opcode, encoded)
      const isRight = code === 'BAD_PATH' || (code === 'BAD_FRAME' && badBytes.includes(bytes))
      if (!isRight) wrong.push(`${place} ${bytes.toString('latin1')}: ${code}`)
    }
    for (const bytes of named) {
      const encoded = encodedWith(opcode, body, spot, bytes)
      if (encoded === null || refusal(opcode, encoded) !== null) wrong.push(`${place} ${bytes}: refused`)
    }
  }
  expect(wrong).toEqual([])
})
