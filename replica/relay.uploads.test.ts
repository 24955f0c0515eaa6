/** Changes whose bytes go through a relay: whole and in order, and never more of them held than the bound. */
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { MemoryNetwork } from '../fixtures/memory-network.ts'
import { doneOf, putOf } from '../fixtures/message-bodies.ts'
import { type Answer, clientHello, RawPeer } from '../fixtures/raw-peer.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { until } from '../fixtures/until.ts'
import { Connection } from '../protocol/connection.ts'
import { type Digest, digestOf } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import {
  chunkBytesMax,
  relayedBytesPause,
  streamCreditBytes,
  streamsPerConnectionMax,
} from '../protocol/limits.ts'
import type { Stream } from '../protocol/stream.ts'
import { ClientRelay } from './relay.ts'

const MiB = 1024 * 1024
const coordinatorAt = { host: '127.0.0.1', port: 6001 }
const replicaAt = { host: '127.0.0.1', port: 6002 }

/** An upload as the coordinator takes it. */
class Taken {
  readonly stream: Stream
  bytes = 0
  content = Buffer.alloc(0)
  sealed: { size: number; digest: Digest } | null = null
  failure: string | null = null
  isReading: boolean

  constructor(stream: Stream, isReading: boolean) {
    this.stream = stream
    this.isReading = isReading
    stream.listen({
      onMessage: (message, _, bodyBytes) => {
        if (message.opcode === 'CHUNK') this.content = Buffer.concat([this.content, message.body])
        if (message.opcode === 'SEAL') this.sealed = message.body
        this.bytes += bodyBytes
        if (this.isReading) stream.consumed(bodyBytes)
        if (message.opcode === 'SEAL') stream.send('DONE', doneOf(message.body), true)
      },
      onFailed: ({ code }) => {
        this.failure = code
      },
    })
  }
}

let time: FakeTime
let network: MemoryNetwork
/** The coordinator's ends of its connections, the last one last. */
let coordinators: Connection[]
let taken: Taken[]
/** What is done with the next uploads. */
let isReading: boolean
/** Requests that are answered from the replica's own copy. */
let answeredHere: string[]
let peer: RawPeer

const dialWithinMs = 1_500

function onCoordinatorAsked(stream: Stream, opcode: string): void {
  if (opcode === 'CHANGE') taken.push(new Taken(stream, isReading))
  else stream.fail(new ConcurError('INTERNAL', 'the coordinator'))
}

async function listenAsCoordinator({
  saysHello = true,
  speaking = Promise.resolve(),
}: {
  saysHello?: boolean
  /** It says nothing before. */
  speaking?: Promise<void>
} = {}): Promise<void> {
  await network.listen(coordinatorAt, async transport => {
    await speaking
    if (!saysHello) return transport.start({ onBytes() {}, onEnd() {}, onClosed() {} })
    const connection = new Connection({
      transport,
      side: 'acceptor',
      timers: time,
      hello: { ...clientHello, role: 'coordinator' },
      events: {
        onOpen() {},
        onRequest: (stream, { opcode }) => onCoordinatorAsked(stream, opcode),
        onClosed() {},
      },
    })
    coordinators.push(connection)
  })
}

async function listenAsReplica(): Promise<void> {
  await network.listen(replicaAt, transport => {
    const connection: Connection = new Connection({
      transport,
      side: 'acceptor',
      timers: time,
      hello: { ...clientHello, role: 'replica' },
      events: {
        onOpen() {
          new ClientRelay({
            connection,
            hello: { ...clientHello, role: 'relay' },
            key: null,
            coordinator: () => coordinatorAt,
            coordinatorName: () => null,
            dialWithinMs,
            dialer: network,
            timers: time,
            clock: time,
          })
        },
        onRequest(stream, { opcode }) {
          answeredHere.push(`${opcode} ${stream.id}`)
          if (opcode === 'CHANGE') stream.fail(new ConcurError('NOT_COORDINATOR', 'no coordinator'))
          else void stream.sendPiece('DIGESTS', Buffer.alloc(3 * MiB), true)
        },
        onClosed() {},
      },
    })
  })
}

beforeEach(async () => {
  time = new FakeTime()
  network = new MemoryNetwork()
  coordinators = []
  taken = []
  answeredHere = []
  isReading = true
  await listenAsReplica()
  peer = await RawPeer.dial({ dialer: network, timers: time }, replicaAt)
})

/** Bytes that have left the client. */
let bytesLeft = 0

interface Uploading {
  readonly answer: Answer
  readonly content: Buffer
}

/** Sends a change with its bytes and their seal. */
function upload(name: string, content: Buffer): Uploading {
  const answer = peer.ask('CHANGE', putOf(name), { more: true })
  const { digest } = digestOf(content)
  for (let at = 0; at < content.length; at += chunkBytesMax) {
    const piece = content.subarray(at, at + chunkBytesMax)
    void answer.stream.sendPiece('CHUNK', piece).then(() => {
      bytesLeft += piece.length
    })
  }
  void answer.stream.sendFlow('SEAL', { size: content.length, digest }, true)
  return { answer, content }
}

const contentOf = (seed: number, bytes: number) => Buffer.alloc(bytes, new SeededChance(seed).bytes(997))

async function expectDone({ answer, content }: Uploading): Promise<void> {
  await until(() => answer.isFinished || answer.error !== null, 'the end of a change')
  expect(answer.only('DONE')).toMatchObject({ size: content.length, digest: digestOf(content).digest })
}

test('an upload goes through whole, its seal last, and the answer comes back', async () => {
  await listenAsCoordinator()
  const sizes = [0, 1, 300_000, 5 * MiB]
  const uploads = sizes.map((bytes, at) => upload(`file${at}`, contentOf(at, bytes)))
  for (const one of uploads) await expectDone(one)
  const isSame = taken.map(({ content }, at) => content.equals(uploads[at]!.content))
  expect(isSame).toEqual([true, true, true, true])
  expect(answeredHere).toEqual([])
})

test('a coordinator that works on nothing stops the client at the stream’s credit, and no other upload', async () => {
  await listenAsCoordinator()
  isReading = false
  const stopped = upload('stopped', contentOf(1, 4 * MiB))
  await until(() => taken[0]?.bytes === streamCreditBytes, 'all that the credit admits')
  isReading = true
  await expectDone(upload('other', contentOf(2, 4 * MiB)))
  expect(taken[0]!.bytes).toBe(streamCreditBytes)
  taken[0]!.isReading = true
  taken[0]!.stream.consumed(streamCreditBytes)
  await expectDone(stopped)
  expect(taken[0]!.content.equals(stopped.content)).toBe(true)
})

describe('no more is taken from the client than the bound', () => {
  /** What the systems and the writes under way may hold beside it. */
  const slackBytes = MiB
  const contents = Array.from({ length: 12 }, (_, at) => contentOf(at, MiB))

  beforeEach(() => {
    bytesLeft = 0
  })

  async function untilClientStands(): Promise<void> {
    await until(() => bytesLeft > relayedBytesPause / 2, 'the first bytes')
    await turns(500)
    expect(bytesLeft).toBeLessThanOrEqual(relayedBytesPause + slackBytes)
  }

  test('while the coordinator reads nothing, and all of it arrives once it does', async () => {
    await listenAsCoordinator()
    await expectDone(upload('first', contentOf(1, 10)))
    coordinators[0]!.pauseReading()
    const uploads = contents.map((content, at) => upload(`file${at}`, content))
    await untilClientStands()
    coordinators[0]!.resumeReading()
    for (const one of uploads) await expectDone(one)
  })

  test('while the coordinator is dialled, and it is answered here when none is reached', async () => {
    await listenAsCoordinator({ saysHello: false })
    const uploads = contents.map((content, at) => upload(`file${at}`, content))
    await untilClientStands()
    await time.pass(2_100)
    for (const { answer } of uploads) expect((await answer.ended()).error?.code).toBe('NOT_COORDINATOR')
    expect(answeredHere).toHaveLength(contents.length)
    expect(peer.closed).toBeNull()
  })

  test('and what was held while it was dialled is whole', async () => {
    const uploads = contents.map((content, at) => upload(`file${at}`, content))
    await listenAsCoordinator()
    for (const one of uploads) await expectDone(one)
    expect(taken.map(({ content }, at) => content.equals(contents[at]!))).toEqual(contents.map(() => true))
  })
})

test('a coordinator that is lost in mid-upload fails it, what still comes is let pass, and the next one goes through', async () => {
  await listenAsCoordinator()
  isReading = false
  const { answer } = upload('lost', contentOf(1, 4 * MiB))
  await until(() => taken[0]?.bytes === streamCreditBytes, 'all that the credit admits')
  expect(network.cut(coordinatorAt)).toBe(1)
  expect((await answer.ended()).error).toMatchObject({ code: 'NOT_COORDINATOR' })
  expect(taken[0]!.failure).toBe('UNREACHABLE')
  await time.pass(1_000)
  isReading = true
  await expectDone(upload('next', contentOf(2, 4 * MiB)))
  expect(answeredHere).toEqual([])
})

test('a client that cancels in mid-upload is heard at once', async () => {
  await listenAsCoordinator()
  isReading = false
  const { answer } = upload('cancelled', contentOf(1, 4 * MiB))
  await until(() => taken[0]?.bytes === streamCreditBytes, 'all that the credit admits')
  answer.stream.cancel()
  await until(() => taken[0]!.failure !== null, 'the end of the upload')
  expect(taken[0]!.sealed).toBeNull()
  expect(peer.closed).toBeNull()
})

test('an upload that is refused by the coordinator ends, and its bytes that come later are let pass', async () => {
  await listenAsCoordinator()
  isReading = false
  const { answer } = upload('refused', contentOf(1, 4 * MiB))
  await until(() => (taken[0]?.bytes ?? 0) > 0, 'the first bytes')
  taken[0]!.stream.fail(new ConcurError('NO_SPACE', 'the disk is full'))
  expect((await answer.ended()).error?.code).toBe('NO_SPACE')
  isReading = true
  await expectDone(upload('next', contentOf(2, MiB)))
})

test('of a request that is BUSY while the coordinator is dialled, nothing goes on', async () => {
  let beginToSpeak!: () => void
  const speaking = new Promise<void>(resolve => {
    beginToSpeak = resolve
  })
  await listenAsCoordinator({ speaking })
  const small = Array.from({ length: streamsPerConnectionMax + 3 }, (_, at) =>
    upload(`file${at}`, contentOf(at, 10)),
  )
  await turns(200)
  beginToSpeak()
  for (const { answer } of small) await answer.ended()
  expect(small.map(({ answer }) => answer.error?.code).filter(code => code !== undefined)).toEqual(
    Array(3).fill('BUSY'),
  )
  expect(taken).toHaveLength(streamsPerConnectionMax)
  expect(taken.every(({ sealed }) => sealed?.size === 10)).toBe(true)
})

test('a coordinator that says nothing is waited for as long as was told, and then the answer is from here', async () => {
  await listenAsCoordinator({ saysHello: false })
  const held = peer.ask('STATUS', {})
  await time.pass(dialWithinMs - 1)
  expect([held.messages, answeredHere]).toEqual([[], []])
  await time.pass(1)
  await until(() => answeredHere.length === 1, 'an answer from here')
})

test('credit for an answer that comes from here is not kept for a coordinator that is dialled', async () => {
  const fromHere = peer.ask('STATUS', {}, { isReading: false })
  await fromHere.until(({ bytesHeard }) => bytesHeard === streamCreditBytes, 'all that the credit admits')
  await time.pass(1_000)
  await listenAsCoordinator({ saysHello: false })
  const held = peer.ask('LOG', { path: '' as never, sinceSeq: null, last: null, follow: false })
  await turns(5)
  fromHere.stream.consumed(streamCreditBytes)
  await until(() => fromHere.bytesHeard === 2 * streamCreditBytes, 'what the new credit admits')
  expect(held.messages).toEqual([])
})
