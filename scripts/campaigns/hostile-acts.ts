/**
 * What hostile peers do, before HELLO and behind it. Whatever they do, it costs the server little and nobody else anything.
 */

import { nobody } from '../../fixtures/driven-connection.ts'
import { badBytes, refusedBytes } from '../../fixtures/hostile-paths.ts'
import type { SeededChance } from '../../fixtures/seeded-chance.ts'
import { SpoiltStreams } from '../../fixtures/spoilt-frames.ts'
import { frameBytes, headerBytes } from '../../fixtures/wire-frames.ts'
import { digestOf } from '../../protocol/digest.ts'
import type { ClientId, ClusterId, Nonce } from '../../protocol/ids.ts'
import { chunkBytesMax } from '../../protocol/limits.ts'
import type { Hello } from '../../protocol/messages.ts'
import { type BodyOf, type Opcode, opcodes, type RequestOpcode } from '../../protocol/opcodes.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { HostilePeer } from './hostile-peer.ts'

export type HostileAct = (peer: HostilePeer, chance: SeededChance) => Promise<void> | void

const spoilt = new SpoiltStreams()
const largest = Buffer.alloc(chunkBytesMax, 'x')
const everyOpcode = Object.keys(opcodes) as Opcode[]

function hello(said: Partial<Hello> = {}): Buffer {
  const clientId = 'mallory@nowhere' as ClientId
  const body: Hello = {
    versionMin: 1,
    versionMax: 1,
    role: 'client',
    ...nobody,
    clientId,
    claim: null,
    ...said,
  }
  return frameBytes('HELLO', body, { stream: 0, fin: true })
}

function request<K extends RequestOpcode>(stream: number, opcode: K, body: BodyOf<K>, fin = true): Buffer {
  return frameBytes(opcode, body, { stream, fin })
}

const cancel = (stream: number): Buffer => frameBytes('CANCEL', {}, { stream, fin: true })
const credit = (stream: number, bytes: number): Buffer =>
  frameBytes('CREDIT', { bytes }, { stream, fin: false })
const status = (stream: number): Buffer => request(stream, 'STATUS', {})
const read = (stream: number, path: string): Buffer =>
  request(stream, 'READ', { path: path as FilePath, deep: true, bodies: 'all', from: null, lastOp: true })
const list = (stream: number): Buffer =>
  request(stream, 'LIST', { path: '' as FilePath, recursive: true, compare: true })

function put(stream: number, chance: SeededChance, bytes: number | null): Buffer {
  const operation = { nonce: chance.bytes(16).toString('hex') as Nonce, counter: 1, floor: 0 }
  const path = `hostile/${chance.below(1000)}` as FilePath
  const what = { type: 'put', path, executable: null, bytes } as const
  return request(
    stream,
    'CHANGE',
    { operation, ifMatch: null, ifAbsent: false, ack: null, fence: null, what },
    false,
  )
}

/** Streams 1 to `count`, a frame each. */
function many(count: number, frame: (stream: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, place) => frame(place + 1)))
}

const paths = ['large', 'small', 'nowhere', 'hostile']
const anyPath = (chance: SeededChance): string => paths[chance.below(paths.length)]!

const beforeHello: Record<string, HostileAct> = {
  'says nothing and is gone': () => {},
  'ends without a word': peer => peer.endHalf(),
  'waits a little and is gone': (peer, chance) => peer.pause(chance.below(100)),
  'speaks TLS': peer => peer.say(Buffer.from('16030100c8010000c40303', 'hex')),
  'speaks HTTP': peer => peer.say(Buffer.from('GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n')),
  'speaks without end': async (peer, chance) => {
    const bytes = Buffer.alloc(60_000, 1 + chance.below(255))
    await peer.say(bytes, bytes, bytes)
  },
  'asks in text for what is no path': async (peer, chance) => {
    peer.read()
    await peer.say(refusedBytes[chance.below(refusedBytes.length)]!, Buffer.from('\n'))
    await peer.pause(50)
  },
  'asks in text for bytes that are no text': async (peer, chance) => {
    await peer.say(badBytes[chance.below(badBytes.length)]!, Buffer.from('\n'))
    peer.endHalf()
    await peer.pause(50)
  },
  'asks in text and takes no answer': async (peer, chance) => {
    await peer.say(Buffer.from(`${anyPath(chance)}\n`))
    await peer.pause(chance.below(60))
  },
  'asks in text and goes on talking': async (peer, chance) => {
    await peer.say(Buffer.from(`${anyPath(chance)}\n`), largest)
    await peer.pause(chance.below(60))
  },
  'sends chance': async (peer, chance) => peer.say(Buffer.from([0]), chance.bytes(chance.below(200))),
  'sends spoilt frames': async (peer, chance) => peer.say(Buffer.from(spoilt.next(chance))),
  'says that much will come': async peer =>
    peer.say(headerBytes({ length: 0xffff_ffff, stream: 0, opcode: opcodes.HELLO.number, flags: 1 })),
  'begins a HELLO and stops': async (peer, chance) => {
    await peer.say(hello().subarray(0, 1 + chance.below(30)))
    await peer.pause(chance.below(150))
  },
  'asks before HELLO': async peer => peer.say(status(1), read(2, 'small')),
  'is of another version': async peer => peer.say(hello({ versionMin: 9, versionMax: 200 })),
  'says HELLO twice': async peer => peer.say(hello(), hello()),
  'is of the wrong role': async (peer, chance) => {
    const role = (['coordinator', 'replica', 'relay'] as const)[chance.below(3)]!
    peer.read()
    await peer.say(hello({ role, clusterId: 'f'.repeat(32) as ClusterId }), status(1), list(2))
    await peer.pause(50)
  },
  'says GOAWAY and goes on': async (peer, chance) =>
    peer.say(
      frameBytes('GOAWAY', { code: 'INTERNAL', message: 'x'.repeat(16_000) }, { stream: 0, fin: true }),
      hello(),
      Buffer.from(spoilt.next(chance)),
    ),
}

const behindHello: Record<string, HostileAct> = {
  'sends spoilt frames': async (peer, chance) => peer.say(Buffer.from(spoilt.next(chance))),
  'sends what only an acceptor may': async (peer, chance) => {
    const opcode = everyOpcode[chance.below(everyOpcode.length)]!
    const { number, kind } = opcodes[opcode]
    await peer.say(
      headerBytes({ length: 0, stream: kind === 'connection' ? 0 : 1, opcode: number, flags: 1 }),
    )
  },
  'uses a stream twice': async peer => peer.say(status(5), status(5)),
  'goes back in its numbers': async peer => peer.say(status(9), status(3)),
  'begins with the last number': async peer => peer.say(status(0xffff_ffff), credit(0xffff_ffff, 1)),
  'speaks on streams that are not there': async (peer, chance) =>
    peer.say(chance.below(2) === 0 ? credit(77, 1) : cancel(77)),
  'cancels what is over, over and over': async peer =>
    peer.say(
      status(1),
      many(500, () => cancel(1)),
    ),
  'gives credit without end': async peer =>
    peer.say(
      list(1),
      many(300, () => credit(1, 0xffff_ffff)),
    ),
  'gives credit of nothing without end': async peer =>
    peer.say(
      list(1),
      many(500, () => credit(1, 0)),
    ),
  'asks for much and takes nothing': async peer => {
    await peer.say(many(60, status))
    await peer.pause(100)
  },
  'asks for more than it may at once': async (peer, chance) => {
    peer.read()
    // Of each of these nothing is known before somebody waits for its end: they stay open.
    const forEver = { path: '' as FilePath, sinceSeq: null, last: null, follow: true }
    if (chance.below(20) === 0) await peer.say(many(1_100, stream => request(stream, 'LOG', forEver)))
    await peer.pause(50)
  },
  'asks for large files and takes nothing': async peer => {
    await peer.say(many(3, stream => read(stream, 'large')))
    await peer.pause(150)
  },
  'asks and does not want it': async (peer, chance) => {
    for (let stream = 1; stream < 5; stream++)
      await peer.say(chance.below(2) === 0 ? read(stream, anyPath(chance)) : list(stream), cancel(stream))
  },
  'asks and is gone': async (peer, chance) => {
    await peer.say(
      many(4, stream => read(stream, anyPath(chance))),
      list(21),
    )
    await peer.pause(chance.below(10))
  },
  'asks, ends its half and reads': async (peer, chance) => {
    peer.read()
    await peer.say(read(1, anyPath(chance)), list(2))
    peer.endHalf()
    await peer.pause(100)
  },
  'begins changes and leaves them': async (peer, chance) => {
    await peer.say(many(4, stream => put(stream, chance, null)))
    await peer.say(frameBytes('CHUNK', largest, { stream: 3, fin: false }))
    await peer.pause(chance.below(30))
  },
  'sends more than it may': async (peer, chance) => {
    await peer.say(put(1, chance, 10))
    for (let chunk = 0; chunk < 8; chunk++)
      await peer.say(frameBytes('CHUNK', largest, { stream: 1, fin: false }))
  },
  'seals what it did not send': async (peer, chance) => {
    peer.read()
    const { digest } = digestOf(Buffer.from('something else'))
    await peer.say(put(1, chance, null), frameBytes('SEAL', { size: 5, digest }, { stream: 1, fin: true }))
    await peer.pause(50)
  },
  'fails its own requests with long words': async peer => {
    const error = { code: 'INTERNAL', message: 'x'.repeat(16_000) } as const
    await peer.say(list(1), frameBytes('ERROR', error, { stream: 1, fin: true }))
  },
  'asks as a coordinator would': async peer =>
    peer.say(
      request(1, 'WALK', { path: '' as FilePath, recursive: true, buckets: null }),
      request(2, 'JOURNAL_AT', { seq: 1 }),
    ),
  'follows and waits for ever': async (peer, chance) => {
    await peer.say(
      request(1, 'LOG', { path: '' as FilePath, sinceSeq: null, last: null, follow: true }),
      request(2, 'WAIT', { path: '' as FilePath, timeoutMs: 1_000_000 }),
    )
    await peer.pause(chance.below(100))
  },
  'sends its frames a byte at a time': async peer => {
    const bytes = Buffer.concat([status(1), read(2, 'small')])
    for (let at = 0; at < bytes.length; at++) await peer.say(bytes.subarray(at, at + 1))
  },
}

function behind(act: HostileAct): HostileAct {
  return async (peer, chance) => {
    await peer.say(hello())
    await act(peer, chance)
  }
}

/** What makes a server work, as any client may: there are fewer of these, for a flood of work is another matter. */
const heavy = /^(asks|gives|begins changes|sends more|seals|is of the wrong role|fails|cancels)/
const heavyOneIn = 6

/** By what the peer does. */
export const hostileActs: ReadonlyMap<string, HostileAct> = new Map([
  ...Object.entries(beforeHello),
  ...Object.entries(behindHello).map(([name, act]) => [`${name}, behind HELLO`, behind(act)] as const),
])

/** In the order in which they come, over and over. */
export const hostileRound: readonly (readonly [string, HostileAct])[] = Array.from(
  { length: heavyOneIn },
  (_, round) => [...hostileActs].filter(([name], place) => !heavy.test(name) || place % heavyOneIn === round),
).flat()
