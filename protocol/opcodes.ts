/**
 * The one table of opcodes. It drives the types, the codecs, the limits that a decoder refuses on, the dispatch
 * and the wire document. Numbers are never used again. Clause: README.md "Opcodes".
 *
 * kind: `connection` frames stand on stream 0; `request` opens a stream; `answer` goes back on it; `upload` follows a
 * request from its sender; `content` goes either way; `stream` frames rule a stream from either side.
 * from: the roles whose requests it may be.
 * lane: `control` frames are outside credit and written first; `flow` frames need credit and keep their order.
 */
import { ByteReader, type ByteWriter } from './bytes.ts'
import * as changes from './change-messages.ts'
import type { Codec, ValueOf } from './codec.ts'
import * as copies from './copies.ts'
import { ConcurError } from './errors.ts'
import * as examinations from './examine-messages.ts'
import { nothing } from './fields.ts'
import * as histories from './history-messages.ts'
import {
  bucketsMax,
  chunkBytesMax,
  frameBodyBytesMax,
  pathBytesMax,
  reasonBytesMax,
  sentenceBytesMax,
} from './limits.ts'
import * as locks from './lock-messages.ts'
import type { Hello } from './messages.ts'
import * as messages from './messages.ts'
import * as pasts from './past-messages.ts'
import * as states from './state-messages.ts'
import * as sums from './sum-messages.ts'

export type Kind = 'connection' | 'stream' | 'request' | 'answer' | 'upload' | 'content'
export type Lane = 'control' | 'flow'

/** Bytes as they are: pieces of a file, or of a list of block digests. */
export const raw = 'raw'

/** Who may ask: the roles that a HELLO gives. */
const clients = ['client', 'relay'] as const
const coordinators = ['coordinator'] as const

const requestBytesMax = pathBytesMax + 256

export const opcodes = {
  HELLO: { number: 0x01, kind: 'connection', lane: 'control', bodyBytesMax: 4096, body: messages.hello },
  GOAWAY: {
    number: 0x02,
    kind: 'connection',
    lane: 'control',
    bodyBytesMax: sentenceBytesMax + 4,
    body: messages.refusal,
  },
  HEARTBEAT: {
    number: 0x03,
    kind: 'connection',
    lane: 'control',
    bodyBytesMax: 4096,
    body: messages.heartbeat,
  },

  CHALLENGE: {
    number: 0x04,
    kind: 'connection',
    lane: 'control',
    bodyBytesMax: 32,
    body: messages.challenge,
  },
  PROOF: { number: 0x05, kind: 'connection', lane: 'control', bodyBytesMax: 32, body: messages.proof },

  CREDIT: { number: 0x10, kind: 'stream', lane: 'control', bodyBytesMax: 4, body: messages.credit },
  CANCEL: { number: 0x11, kind: 'stream', lane: 'control', bodyBytesMax: 0, body: nothing },
  ERROR: {
    number: 0x12,
    kind: 'stream',
    lane: 'control',
    bodyBytesMax: sentenceBytesMax + 4,
    body: messages.refusal,
  },

  READ: {
    number: 0x20,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: messages.read,
  },
  LIST: {
    number: 0x21,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: messages.list_,
  },
  STATUS: {
    number: 0x22,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: 0,
    body: nothing,
  },
  LOOK: {
    number: 0x23,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: copies.look,
  },
  FETCH: {
    number: 0x24,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 2 * requestBytesMax,
    body: messages.fetch,
  },
  WALK: {
    number: 0x25,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax + 2 * bucketsMax,
    body: messages.walk,
  },

  CHANGE: {
    number: 0x26,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: 2 * requestBytesMax,
    body: changes.change,
  },
  LOG: {
    number: 0x27,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: messages.log,
  },
  WAIT: {
    number: 0x28,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: messages.wait,
  },
  SURVEY: {
    number: 0x29,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 2 * requestBytesMax,
    body: changes.survey,
  },
  STAGE: {
    number: 0x2a,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 64,
    body: changes.stage,
  },
  JOURNAL_AT: {
    number: 0x2b,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 8,
    body: changes.journalAt,
  },
  FOLLOW: {
    number: 0x2c,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 256,
    body: changes.follow,
  },
  SUPPLY: {
    number: 0x2d,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 64,
    body: changes.supply,
  },
  REPLAY: {
    number: 0x2e,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 8,
    body: changes.replay,
  },
  SUM: {
    number: 0x30,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: sums.sum,
  },
  VERIFY: {
    number: 0x31,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: sums.verify,
  },
  RESTATE: {
    number: 0x32,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 64,
    body: states.restate,
  },
  LOCK: {
    number: 0x33,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: locks.lock,
  },
  UNLOCK: {
    number: 0x34,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: locks.unlock,
  },
  CHECK: {
    number: 0x2f,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: locks.check,
  },
  EXAMINE: {
    number: 0x50,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: 0,
    body: nothing,
  },
  CONDITION: {
    number: 0x51,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: 0,
    body: nothing,
  },

  PAST: {
    number: 0x35,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: pasts.past,
  },
  CONTENT: {
    number: 0x36,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: pasts.recall,
  },
  RECALL: {
    number: 0x37,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: pasts.recall,
  },

  SEAL: { number: 0x38, kind: 'upload', lane: 'flow', bodyBytesMax: 40, body: changes.seal },
  COMMITTED: { number: 0x39, kind: 'upload', lane: 'control', bodyBytesMax: 8, body: changes.committed },
  LOST: {
    number: 0x3a,
    kind: 'upload',
    lane: 'control',
    bodyBytesMax: reasonBytesMax + 16,
    body: changes.lost,
  },

  STATED: {
    number: 0x3b,
    kind: 'upload',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: states.stated,
  },

  HISTORY: {
    number: 0x3c,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: histories.history,
  },
  PRUNE: {
    number: 0x3d,
    kind: 'request',
    from: clients,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: histories.prune,
  },
  HAD: {
    number: 0x3e,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: histories.had,
  },
  FORGET: {
    number: 0x3f,
    kind: 'request',
    from: coordinators,
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: histories.forget,
  },

  PROGRESS: { number: 0x40, kind: 'answer', lane: 'control', bodyBytesMax: 64, body: messages.progress },
  VERDICT: {
    number: 0x41,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.verdict,
  },
  STATUS_IS: {
    number: 0x42,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.status,
  },
  COPY: {
    number: 0x43,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: reasonBytesMax + 128,
    body: copies.copyAt,
  },

  DONE: {
    number: 0x44,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: changes.done,
  },
  WAITED: {
    number: 0x45,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.waited,
  },
  SURVEYED: {
    number: 0x46,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: 2 * (reasonBytesMax + 128),
    body: changes.surveyed,
  },
  EXAMINED: {
    number: 0x52,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: examinations.examined,
  },
  CONDITION_IS: {
    number: 0x53,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: pathBytesMax + 512,
    body: examinations.condition,
  },
  STAGED: { number: 0x47, kind: 'answer', lane: 'control', bodyBytesMax: 40, body: changes.staged },
  JOURNAL_IS: { number: 0x48, kind: 'answer', lane: 'control', bodyBytesMax: 256, body: changes.journalIs },
  SETTLED: {
    number: 0x49,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: changes.settled,
  },
  NEED: { number: 0x4a, kind: 'answer', lane: 'control', bodyBytesMax: 8, body: changes.need },
  WANTED: {
    number: 0x4b,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: frameBodyBytesMax,
    body: changes.wanted,
  },
  NEED_STATED: {
    number: 0x4c,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: requestBytesMax,
    body: states.needStated,
  },
  LOCK_IS: {
    number: 0x4d,
    kind: 'answer',
    lane: 'control',
    bodyBytesMax: 2 * requestBytesMax,
    body: locks.lockIs,
  },

  RECALLED: { number: 0x4f, kind: 'answer', lane: 'control', bodyBytesMax: 2, body: pasts.recalled },

  BODY: { number: 0x60, kind: 'answer', lane: 'flow', bodyBytesMax: 10, body: messages.body },
  DIGESTS: { number: 0x61, kind: 'content', lane: 'flow', bodyBytesMax: chunkBytesMax, body: raw },
  CHUNK: { number: 0x62, kind: 'content', lane: 'flow', bodyBytesMax: chunkBytesMax, body: raw },
  ENTRIES: {
    number: 0x63,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.entries,
  },
  ROWS: { number: 0x64, kind: 'answer', lane: 'flow', bodyBytesMax: frameBodyBytesMax, body: messages.rows },
  LISTED: {
    number: 0x65,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.listed,
  },
  RECORDS: {
    number: 0x66,
    kind: 'content',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: changes.records,
  },
  LOGGED: {
    number: 0x67,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: messages.logged,
  },
  SUMMED: {
    number: 0x68,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: sums.summed,
  },
  VERIFIED: {
    number: 0x69,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: sums.verified,
  },
  PAST_IS: {
    number: 0x6f,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: pasts.pastIs,
  },
  KEPT: { number: 0x6b, kind: 'answer', lane: 'flow', bodyBytesMax: frameBodyBytesMax, body: histories.kept },
  PRUNING: {
    number: 0x6c,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: histories.pruning,
  },
  PRUNED: {
    number: 0x6d,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: histories.pruned,
  },
  HAD_IS: {
    number: 0x6e,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: histories.hadIs,
  },
  FORGOT: {
    number: 0x70,
    kind: 'answer',
    lane: 'flow',
    bodyBytesMax: frameBodyBytesMax,
    body: histories.forgot,
  },
} as const satisfies Record<
  string,
  {
    number: number
    kind: Kind
    from?: readonly Hello['role'][]
    lane: Lane
    bodyBytesMax: number
    body: Codec<never> | Codec<unknown> | typeof raw
  }
>

export type Opcode = keyof typeof opcodes
type OpcodeWhere<Shape> = { [K in Opcode]: (typeof opcodes)[K] extends Shape ? K : never }[Opcode]

export type RequestOpcode = OpcodeWhere<{ kind: 'request' }>
/** What clients ask a coordinator, and a replica relays. */
export type ClientOpcode = OpcodeWhere<{ from: typeof clients }>
/** What a coordinator asks a replica. */
export type NodeOpcode = OpcodeWhere<{ from: typeof coordinators }>
export type RawOpcode = OpcodeWhere<{ body: typeof raw }>
export type FlowOpcode = OpcodeWhere<{ lane: 'flow' }>
export type ControlOpcode = OpcodeWhere<{ lane: 'control' }>
/** The body of an opcode: its message, or bytes. */
export type BodyOf<K extends Opcode> = (typeof opcodes)[K]['body'] extends infer C
  ? C extends typeof raw
    ? Uint8Array
    : ValueOf<C>
  : never

/** A frame's meaning: opcode and body. */
export type Message = { [K in Opcode]: { readonly opcode: K; readonly body: BodyOf<K> } }[Opcode]

export type Request = Extract<Message, { opcode: RequestOpcode }>

const opcodeByNumber: (Opcode | undefined)[] = new Array(0x100).fill(undefined)
for (const name of Object.keys(opcodes) as Opcode[]) opcodeByNumber[opcodes[name].number] = name

/** @returns the opcode, or null for a number that is none. */
export function opcodeOf(number: number): Opcode | null {
  return opcodeByNumber[number] ?? null
}

/** Whether a peer of this role may ask this. */
export function mayAsk(role: Hello['role'], opcode: RequestOpcode): boolean {
  const from: readonly string[] = opcodes[opcode].from
  return from.includes(role)
}

/** Writes a body in the grammar of its opcode. */
export function encodeBody<K extends Opcode>(writer: ByteWriter, opcode: K, body: BodyOf<K>): void {
  const codec = opcodes[opcode].body as Codec<unknown> | typeof raw
  if (codec === raw) writer.bytes(body as Uint8Array)
  else codec.write(writer, body)
}

/**
 * Reads a body. A raw body is a view of `bytes`, valid as long as they are.
 * @throws ConcurError BAD_FRAME when the bytes are not of the opcode's grammar; BAD_PATH for a path that is none.
 */
export function decodeBody(opcode: Opcode, bytes: Buffer): Message {
  const codec = opcodes[opcode].body as Codec<unknown> | typeof raw
  if (codec === raw) return { opcode, body: bytes } as Message
  const reader = new ByteReader(bytes)
  const body = codec.read(reader)
  if (reader.left !== 0) throw new ConcurError('BAD_FRAME', `${opcode} with ${reader.left} bytes too many`)
  return { opcode, body } as Message
}
