import fc from 'fast-check'
import { bodies } from '../fixtures/arbitrary-messages.ts'
import { goldenFrames } from '../fixtures/golden-frames.ts'
import { heartbeatOf, neverJournaled } from '../fixtures/message-bodies.ts'
import { readFrames } from '../fixtures/wire-frames.ts'
import { ByteWriter } from './bytes.ts'
import type { ChangeRequest } from './change-messages.ts'
import type { Digest } from './digest.ts'
import { ConcurError } from './errors.ts'
import type { ClientId, NodeName, Nonce } from './ids.ts'
import {
  fetchRangesMax,
  frameHeaderBytes,
  inlineBytesMax,
  nodesMax,
  pathBytesMax,
  reasonBytesMax,
  recordBytesMax,
  recordsBytesAim,
  sentenceBytesMax,
  statusLocksBytesMax,
  wantedRangesMax,
} from './limits.ts'
import type { LoggedOperation, Status, Verdict } from './messages.ts'
import { type BodyOf, decodeBody, encodeBody, type Opcode, opcodes } from './opcodes.ts'
import { parsePath } from './path.ts'

const allOpcodes = Object.keys(opcodes) as Opcode[]

function encoded<K extends Opcode>(opcode: K, body: BodyOf<K>): Buffer {
  const writer = new ByteWriter()
  encodeBody(writer, opcode, body)
  return writer.take()
}

test.each(allOpcodes)('any %s comes back as it was written, and fits its limit', opcode => {
  fc.assert(
    fc.property(bodies[opcode] as fc.Arbitrary<BodyOf<Opcode>>, body => {
      const bytes = encoded(opcode, body)
      expect(bytes.length).toBeLessThanOrEqual(opcodes[opcode].bodyBytesMax)
      expect(decodeBody(opcode, bytes)).toEqual({ opcode, body })
    }),
    { numRuns: 60 },
  )
})

const structured = goldenFrames().filter(({ opcode }) => opcodes[opcode as Opcode].body !== 'raw')

test.each(structured)('$name that is cut anywhere is refused', ({ name, opcode, bytes }) => {
  const { body } = readFrames(bytes)[0]!
  const own = encoded(opcode as Opcode, body as BodyOf<Opcode>)
  expect(name === 'HELLO-newer' ? own.length : own.length + frameHeaderBytes).toBeLessThanOrEqual(
    bytes.length,
  )
  for (let length = 0; length < own.length; length++) {
    expect(codeOf(opcode, own.subarray(0, length))).toBe('BAD_FRAME')
  }
})

test.each(structured)('$name with one byte more is refused, unless it is HELLO', ({ opcode, bytes }) => {
  const body = Buffer.concat([bytes.subarray(frameHeaderBytes), Buffer.alloc(1)])
  expect(codeOf(opcode, body)).toBe(opcode === 'HELLO' ? 'none' : 'BAD_FRAME')
})

test('a golden frame with any one byte changed is read as something, or refused as BAD_FRAME or BAD_PATH', () => {
  const codes = new Set<string>()
  for (const { opcode, bytes } of structured) {
    const body = Buffer.from(bytes.subarray(frameHeaderBytes))
    for (let at = 0; at < body.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        body[at]! ^= change
        codes.add(codeOf(opcode, body))
        body[at]! ^= change
      }
    }
  }
  expect(codes).toEqual(new Set(['none', 'BAD_FRAME', 'BAD_PATH']))
})

test.each([
  ['a role that is none', 'HELLO', '010104 0000000000 0000'],
  ['a node name with a capital', 'HELLO', '010101 01000153 00000000 0000'],
  ['a node id that is too short', 'HELLO', '010101 00 01000130 000000 0000'],
  ['more members than a cluster may have', 'HELLO', '010101 0000000000 0021'],
  ['a client id with a line feed', 'HELLO', '010100 000000 0100010a 00 0000'],
  ['bodies that are none', 'READ', '000161 00 04 00'],
  ['deep that is neither 0 nor 1', 'READ', '000161 02 00 00'],
  ['a copy of a kind that is none', 'COPY', '05'],
  ['something that is none', 'COPY', '0206'],
  ['a verdict that is none', 'VERDICT', '03'],
  ['a change that is none', 'CHANGE', `0020${'30'.repeat(32)} ${'00'.repeat(16)} 00 00 00 00 05`],
  ['an operation whose nonce is too short', 'CHANGE', `0001 30 ${'00'.repeat(30)}`],
  ['three paths at once', 'SURVEY', '0003 000161 000161 000161'],
  ['a stage whose id has capitals', 'STAGE', `0020${'41'.repeat(32)}`],
  [
    'a hash that is too short',
    'FOLLOW',
    `${'00'.repeat(8)} 0020${'30'.repeat(32)} ${'00'.repeat(8)} 0001 30`,
  ],
  ['an outcome that is none', 'DONE', `00 00 ${'00'.repeat(8)} 0000 0000 0000 0000 0001 00 02`],
])('%s makes a BAD_FRAME', (_, opcode, hex) => {
  expect(codeOf(opcode, Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toBe('BAD_FRAME')
})

test.each([
  'READ',
  'LOOK',
  'FETCH',
  'LIST',
  'WALK',
  'LOG',
  'WAIT',
  'SUM',
  'VERIFY',
  'HISTORY',
  'PRUNE',
  'HAD',
  'FORGET',
])('%s of a path that is none is BAD_PATH', opcode => {
  const path = Buffer.from('0004', 'hex')
  expect(codeOf(opcode, Buffer.concat([path, Buffer.from('../a'), Buffer.alloc(40)]))).toBe('BAD_PATH')
})

test.each(['READ', 'LOOK', 'FETCH'])(
  '%s needs a path, and LIST and WALK take none for the whole tree',
  opcode => {
    expect(codeOf(opcode, Buffer.alloc(40))).toBe('BAD_PATH')
    expect(decodeBody('WALK', Buffer.from('00000000', 'hex')).body).toEqual({
      path: '',
      recursive: false,
      buckets: null,
    })
  },
)

test('an error code that this version does not know is read as INTERNAL', () => {
  expect(decodeBody('ERROR', Buffer.from('ffff000161', 'hex')).body).toEqual({
    code: 'INTERNAL',
    message: 'a',
  })
})

test('a time before 1970 is written as 0, and a part of a millisecond is left out', () => {
  const copy = {
    is: 'file',
    size: 1,
    mtimeMs: -5.5,
    executable: false,
    checkedAtMs: 1.9,
    digest,
    rotten: false,
  } as const
  expect(decodeBody('COPY', encoded('COPY', neverJournaled(copy))).body).toMatchObject({
    copy: { mtimeMs: 0, checkedAtMs: 1 },
  })
})

const digest = `b3:${'0f'.repeat(32)}` as Digest
const names = Array.from({ length: nodesMax }, (_, i) => `${i}`.padStart(32, 'n') as NodeName)
const longReason = 'r'.repeat(20_000)
const longestPath = parsePath(Array.from({ length: 16 }, () => 'p'.repeat(255)).join('/'))
const longestOperation: LoggedOperation = {
  ...{ epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER, timeMs: Number.MAX_SAFE_INTEGER },
  ...{ client: 'c'.repeat(255) as ClientId, type: 'rename', path: longestPath, from: longestPath },
  ...{ size: Number.MAX_SAFE_INTEGER, digest },
}

test('the longest verdict fits into a frame: every sentence is cut where it is written', () => {
  const longest: Verdict = {
    verdict: 'ERROR',
    versions: names.map(node => ({
      type: 'file',
      digest,
      size: Number.MAX_SAFE_INTEGER,
      mtimeMs: Number.MAX_SAFE_INTEGER,
      executable: true,
      copies: [{ node, checkedAtMs: Number.MAX_SAFE_INTEGER }],
      cause: 'never-replicated',
      note: longReason,
    })),
    missing: names,
    stale: names,
    unreachable: names,
    details: names.map(node => ({ node, reason: longReason, behindOps: Number.MAX_SAFE_INTEGER })),
    error: { code: 'UNREACHABLE', message: longReason },
    lastOp: longestOperation,
  }
  const bytes = encoded('VERDICT', longest)
  expect(bytes.length).toBeLessThanOrEqual(opcodes.VERDICT.bodyBytesMax)
  const read = decodeBody('VERDICT', bytes).body as Verdict
  expect(Buffer.byteLength(read.error!.message)).toBe(sentenceBytesMax)
  expect(Buffer.byteLength(read.details[0]!.reason)).toBe(reasonBytesMax)
})

test('the longest status, and the longest copy, fit too', () => {
  const figures = {
    epoch: 1,
    files: 1,
    bytes: 1,
    diskFreeBytes: 1,
    scanAgeMs: 1,
    marks: 1,
    certificateEndsMs: 1,
  }
  const positions = { appliedSeq: 1, lagOps: 1, lagMs: 1, lastHeartbeatMs: 1 }
  const reasons = { reason: longReason, held: longReason, unwatched: longReason }
  const words = { address: longReason, ...reasons, ...figures }
  const longest: Status = {
    coordinator: { name: names[0]!, state: 'serving', seq: 1, ...words },
    replicas: names.map(name => ({
      name,
      state: 'up',
      rolledBack: true,
      fenced: longReason,
      ...positions,
      ...words,
    })),
    conflicts: 1,
    locks: [],
  }
  expect(encoded('STATUS_IS', longest).length + statusLocksBytesMax).toBeLessThanOrEqual(
    opcodes.STATUS_IS.bodyBytesMax,
  )
  const copy = { is: 'unreadable', reason: longReason } as const
  expect(encoded('COPY', neverJournaled(copy)).length).toBeLessThanOrEqual(opcodes.COPY.bodyBytesMax)
})

test('the longest requests fit', () => {
  const path = parsePath(Array.from({ length: 16 }, () => 'p'.repeat(255)).join('/'))
  expect(path.length).toBe(pathBytesMax - 1)
  const read = encoded('READ', { path, deep: true, bodies: 'from', from: names[0]!, lastOp: true })
  expect(read.length).toBeLessThanOrEqual(opcodes.READ.bodyBytesMax)
  const blocks = Array.from({ length: fetchRangesMax }, (_, at) => ({ first: 2 * at, count: 1 }))
  expect(encoded('FETCH', { path, digest, blocks }).length).toBeLessThanOrEqual(opcodes.FETCH.bodyBytesMax)
})

test('the longest requests that name two paths fit', () => {
  const path = parsePath(Array.from({ length: 16 }, () => 'p'.repeat(255)).join('/'))
  const change: ChangeRequest = {
    operation: { nonce: 'f'.repeat(32) as Nonce, counter: Number.MAX_SAFE_INTEGER, floor: 1 },
    ifMatch: digest,
    ifAbsent: true,
    ack: 'all',
    fence: Number.MAX_SAFE_INTEGER,
    what: { type: 'rename', from: path, to: path, force: true },
  }
  expect(encoded('CHANGE', change).length).toBeLessThanOrEqual(opcodes.CHANGE.bodyBytesMax)
  expect(encoded('SURVEY', { paths: [path, path] }).length).toBeLessThanOrEqual(opcodes.SURVEY.bodyBytesMax)
})

test('the longest answers to them, and the longest heartbeat, fit', () => {
  const place = { copy: { is: 'unreadable', reason: longReason }, parent: 'other', isEmpty: true } as const
  expect(encoded('SURVEYED', { places: [place, place] }).length).toBeLessThanOrEqual(
    opcodes.SURVEYED.bodyBytesMax,
  )
  expect(encoded('LOST', { seq: 1, reason: longReason }).length).toBeLessThanOrEqual(
    opcodes.LOST.bodyBytesMax,
  )
  const figures = { epoch: 1, files: 1, bytes: 1, diskFreeBytes: 1, scanAgeMs: 1, marks: 1 }
  const heartbeat = heartbeatOf({ ...figures, fingerprint: digest, fenced: longReason })
  expect(encoded('HEARTBEAT', heartbeat).length).toBeLessThanOrEqual(opcodes.HEARTBEAT.bodyBytesMax)
})

test('as many ranges of blocks fit as the list takes, and one more is refused', () => {
  const blocks = Array.from({ length: wantedRangesMax }, (_, at) => ({ first: 2 * at, count: 1 }))
  const bytes = encoded('WANTED', { blocks })
  expect(bytes.length).toBeLessThanOrEqual(opcodes.WANTED.bodyBytesMax)
  expect(decodeBody('WANTED', bytes).body).toEqual({ blocks })
  const more = encoded('WANTED', { blocks: [...blocks, blocks[0]!] })
  expect(codeOf('WANTED', more)).toBe('BAD_FRAME')
})

test('records that aim at a frame’s size fit with the largest one more', () => {
  const record = Buffer.alloc(recordBytesMax)
  const largest = { record, body: Buffer.alloc(inlineBytesMax) }
  const small = { record: record.subarray(0, 1_000), body: null }
  const entries = [...Array(Math.ceil(recordsBytesAim / 1_005)).fill(small), largest]
  expect(encoded('RECORDS', { entries }).length).toBeLessThanOrEqual(opcodes.RECORDS.bodyBytesMax)
})

test.each([
  ['a record that is too long', '0001 00004001'],
  ['bytes beside a record that are too many', '0001 00000000 01 00010001'],
])('%s makes RECORDS a BAD_FRAME', (_, hex) => {
  const body = Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.alloc(0x10001)])
  expect(codeOf('RECORDS', body)).toBe('BAD_FRAME')
})

function codeOf(opcode: string, body: Buffer): string {
  try {
    decodeBody(opcode as Opcode, body)
    return 'none'
  } catch (error) {
    if (!(error instanceof ConcurError)) throw error
    return error.code
  }
}
