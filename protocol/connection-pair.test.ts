import { connectedPair, memoryEnds } from '../fixtures/connected-pair.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { until } from '../fixtures/until.ts'
import type { Connection } from './connection.ts'
import { ConcurError } from './errors.ts'
import { chunkBytesMax, streamCreditBytes } from './limits.ts'
import { parsePath } from './path.ts'
import type { Stream } from './stream.ts'

const path = parsePath('file1.txt')
const read = { path, deep: false, bodies: 'all', from: null, lastOp: false } as const
const MiB = 1024 * 1024

/** Asks for a body, and gathers it; `isReading` gives credit back as it comes. */
function gather(connection: Connection, { isReading }: { isReading: boolean }) {
  const chunks: Buffer[] = []
  const gathered = {
    bytes: 0,
    isWhole: false,
    error: null as ConcurError | null,
    chunks,
    stream: null as Stream | null,
  }
  gathered.stream = connection.request('READ', read, {
    onMessage(message, fin, bodyBytes) {
      if (message.opcode === 'CHUNK') chunks.push(Buffer.from(message.body))
      gathered.bytes += bodyBytes
      gathered.isWhole = fin
      if (isReading) gathered.stream!.consumed(bodyBytes)
    },
    onFailed: error => {
      gathered.error = error
    },
  })
  return gathered
}

const timers = new FakeTime()

test.each([
  { pieceBytes: 1, longest: 20_000 },
  { pieceBytes: 13, longest: 400_000 },
  { pieceBytes: 4_096, longest: 3 * MiB + 1 },
  { pieceBytes: 1_000_003, longest: 3 * MiB + 1 },
])(
  'answers come whole and in order, when $pieceBytes bytes arrive at a time',
  async ({ pieceBytes, longest }) => {
    const pattern = new SeededChance(pieceBytes).bytes(999)
    const contents = [0, 1, 12_345, longest].map(length => Buffer.alloc(length, pattern))
    const { dialer } = await connectedPair(memoryEnds(pieceBytes), {
      timers,
      onRequest: stream => void stream.sendPiece('CHUNK', contents[stream.id - 1]!, true),
    })
    const answers = contents.map(() => gather(dialer, { isReading: true }))
    await until(() => answers.every(({ isWhole }) => isWhole), 'all answers')
    const isSame = answers.map(({ chunks }, at) => Buffer.concat(chunks).equals(contents[at]!))
    expect(isSame).toEqual([true, true, true, true])
    expect(dialer.streamCount).toBe(0)
  },
)

test('a stream that nobody reads stops at its credit, and those beside it go on', async () => {
  const content = Buffer.alloc(2 * MiB)
  const { dialer, acceptor } = await connectedPair(memoryEnds(64 * 1024), {
    timers,
    onRequest: stream => void stream.sendPiece('CHUNK', content, true),
  })
  const unread = gather(dialer, { isReading: false })
  const others = [gather(dialer, { isReading: true }), gather(dialer, { isReading: true })]
  await until(() => others.every(({ isWhole }) => isWhole), 'the streams that are read')
  expect(unread.bytes).toBe(streamCreditBytes)
  expect(acceptor.streamCount).toBe(1)
  unread.stream!.consumed(unread.bytes)
  await until(() => unread.isWhole, 'the stream that nobody read, and then somebody did')
})

test('a request that is cancelled is told to who works on it, and its late frames are let pass', async () => {
  const working: Stream[] = []
  const { dialer } = await connectedPair(memoryEnds(64 * 1024), {
    timers,
    onRequest(stream) {
      working.push(stream)
      void stream.sendPiece('CHUNK', Buffer.alloc(2 * MiB), true)
    },
  })
  const first = gather(dialer, { isReading: false })
  await until(() => first.bytes > 0, 'the first bytes')
  first.stream!.cancel()
  const second = gather(dialer, { isReading: true })
  await until(() => second.isWhole, 'the second answer')
  expect(working[0]!.ended).toBe(true)
  expect(first.error).toBeNull()
})

test('GOAWAY reaches the peer with its reason, behind every answer that was said before', async () => {
  let answer = (): void => {}
  const pair = await connectedPair(memoryEnds(64 * 1024), {
    timers,
    onRequest(stream) {
      answer = () => stream.send('COPY', neverJournaled({ is: 'absent' }), true)
    },
  })
  const happened: string[] = []
  for (let i = 0; i < 2; i++) {
    pair.dialer.request('READ', read, {
      onMessage: ({ opcode }) => happened.push(opcode),
      onFailed: ({ code, message }) => happened.push(`${code}: ${message}`),
    })
  }
  await turns(5)
  answer()
  pair.acceptor.close('BUSY', 'the server stops')
  expect((await pair.dialerClosed).code).toBe('BUSY')
  expect((await pair.acceptorClosed).code).toBe('BUSY')
  expect(happened).toEqual(['COPY', 'BUSY: the server stops'])
})

test('GOAWAY reaches a peer that is itself in the middle of sending', async () => {
  const pair = await connectedPair(memoryEnds(64 * 1024), {
    timers,
    onRequest: stream => void stream.sendPiece('CHUNK', Buffer.alloc(streamCreditBytes), true),
  })
  const answers = Array.from({ length: 8 }, () => gather(pair.dialer, { isReading: true }))
  await until(() => answers[0]!.bytes > 0, 'the first bytes')
  pair.dialer.close('BAD_FRAME', 'a mistake')
  expect(await pair.acceptorClosed).toMatchObject({ code: 'BAD_FRAME', message: 'a mistake' })
  expect(answers.map(({ error }) => error?.code)).toEqual(Array(8).fill('BAD_FRAME'))
})

test('a connection that breaks fails every stream as UNREACHABLE, on both sides', async () => {
  const ends = memoryEnds(64 * 1024)
  const served: string[] = []
  const pair = await connectedPair(ends, {
    timers,
    onRequest(stream) {
      stream.listen({ onMessage() {}, onFailed: ({ code }) => served.push(code) })
      void stream.sendPiece('CHUNK', Buffer.alloc(4 * MiB), true).then(() => served.push('given back'))
    },
  })
  const answers = [gather(pair.dialer, { isReading: true }), gather(pair.dialer, { isReading: false })]
  await until(() => answers[1]!.bytes > 0, 'the first bytes')
  ends.dialer.cut()
  expect((await pair.dialerClosed).code).toBe('UNREACHABLE')
  expect((await pair.acceptorClosed).code).toBe('UNREACHABLE')
  await turns(1)
  expect(answers.map(({ error }) => error?.code)).toEqual(['UNREACHABLE', 'UNREACHABLE'])
  expect(served.sort()).toEqual(['UNREACHABLE', 'UNREACHABLE', 'given back', 'given back'])
})

describe('a connection that is spliced to another', () => {
  /** A client, a replica between, and a coordinator that answers with `content`. */
  async function relayed(content: Buffer) {
    let sentBytes = 0
    const upstream = await connectedPair(memoryEnds(10_000), {
      timers,
      role: 'relay',
      onRequest(stream) {
        for (let at = 0; at < content.length; at += chunkBytesMax) {
          const piece = content.subarray(at, at + chunkBytesMax)
          const fin = at + chunkBytesMax >= content.length
          stream.queuePiece('CHUNK', piece, { fin, onSent: () => (sentBytes += piece.length) })
        }
      },
    })
    const downstream = await connectedPair(memoryEnds(777), { timers })
    downstream.acceptor.spliceWith(frame => {
      upstream.dialer.forward(frame)
      return true
    })
    upstream.dialer.spliceWith(frame => {
      downstream.acceptor.forward(frame)
      return true
    })
    return { client: downstream.dialer, replica: downstream.acceptor, sentBytes: () => sentBytes }
  }

  test('gets the bytes as they are, and credit is the two ends’ own', async () => {
    const content = Buffer.alloc(5 * MiB, new SeededChance(1).bytes(9_999))
    const { client, replica } = await relayed(content)
    const answers = [gather(client, { isReading: true }), gather(client, { isReading: true })]
    await until(() => answers.every(({ isWhole }) => isWhole), 'both answers')
    expect(answers.every(({ chunks }) => Buffer.concat(chunks).equals(content))).toBe(true)
    expect(replica.streamCount).toBe(0)
  })

  test('feels at its far end that nobody reads', async () => {
    const { client, sentBytes } = await relayed(Buffer.alloc(5 * MiB))
    const unread = gather(client, { isReading: false })
    await until(() => unread.bytes === streamCreditBytes, 'the credit to be used up')
    await turns(50)
    expect(sentBytes()).toBe(streamCreditBytes)
  })

  test('may answer a stream itself, with an error', async () => {
    const { client, replica } = await connectedPair(memoryEnds(777), { timers }).then(pair => ({
      client: pair.dialer,
      replica: pair.acceptor,
    }))
    replica.spliceWith(frame => {
      replica.refuse(frame.stream, new ConcurError('UNREACHABLE', 'the coordinator was lost'))
      return true
    })
    const answer = gather(client, { isReading: true })
    await until(() => answer.error !== null, 'the error')
    expect(answer.error).toMatchObject({ code: 'UNREACHABLE', message: 'the coordinator was lost' })
  })
})
