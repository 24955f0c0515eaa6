import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connectedPair } from '../fixtures/connected-pair.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import type { Connection } from './connection.ts'
import { streamCreditBytes } from './limits.ts'
import { parsePath } from './path.ts'
import type { Stream } from './stream.ts'
import { TcpNetwork } from './tcp.ts'
import type { Listening, Timers, Transport } from './world.ts'

const MiB = 1024 * 1024
const bodyBytes = 64 * MiB
const riseBytesMax = 8 * MiB
const read = { path: parsePath('large'), deep: false, bodies: 'all', from: null, lastOp: false } as const

const timers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  endOfTurn: act => void setImmediate(act),
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is held, garbage not counted: the heap, and buffers outside of it. */
function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Answers a READ with 64 MiB, from one buffer of 1 MiB that is used again and again; a LOOK with nothing. */
async function pour(stream: Stream): Promise<void> {
  const block = Buffer.allocUnsafeSlow(MiB)
  for (let bytes = 0; bytes < bodyBytes && !stream.ended; bytes += MiB) await stream.sendPiece('CHUNK', block)
  await stream.sendPiece('CHUNK', Buffer.alloc(0), true)
}

async function loopbackEnds(): Promise<{ dialer: Transport; acceptor: Transport; listening: Listening }> {
  const network = new TcpNetwork(timers)
  let onAccepted = (_: Transport): void => {}
  const accepting = new Promise<Transport>(resolve => {
    onAccepted = resolve
  })
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, transport => {
    transport.pause()
    onAccepted(transport)
  })
  const dialer = await network.dial(listening.address, 1_000)
  return { dialer, acceptor: await accepting, listening }
}

/** Keeps what comes and gives no credit. */
function leaveUnread(connection: Connection): Buffer[] {
  const kept: Buffer[] = []
  connection.request('READ', read, {
    onMessage(message) {
      if (message.opcode === 'CHUNK') kept.push(Buffer.from(message.body))
    },
    onFailed() {},
  })
  return kept
}

/** Reads to the end, calling `onProgress` for each of 16 parts. */
function readAll(connection: Connection, onPart: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    let nextPart = bodyBytes / 16
    const stream = connection.request('READ', read, {
      onMessage(_, fin, bodyBytesHeard) {
        bytes += bodyBytesHeard
        stream.consumed(bodyBytesHeard)
        if (bytes >= nextPart) {
          nextPart += bodyBytes / 16
          onPart()
        }
        if (fin) resolve(bytes)
      },
      onFailed: reject,
    })
  })
}

/** Small requests one after the other, beside the rest. */
function askOnAndOn(connection: Connection, answered: () => void): void {
  connection.request(
    'STATUS',
    {},
    {
      onMessage() {
        answered()
        askOnAndOn(connection, answered)
      },
      onFailed() {},
    },
  )
}

test('of two streams one is never read, the other moves 64 MiB: memory rises 8 MiB at most, and a small request beside them is answered all the time', async () => {
  const ends = await loopbackEnds()
  const { dialer, acceptor, dialerClosed } = await connectedPair(ends, {
    timers,
    onRequest(stream, { opcode }) {
      if (opcode === 'READ') void pour(stream)
      else stream.send('COPY', neverJournaled({ is: 'unreadable', reason: 'r'.repeat(1_000) }), true)
    },
  })
  const beforeBytes = heldBytes()
  let peakBytes = 0
  let answers = 0
  const answersAtParts: number[] = []
  const kept = leaveUnread(dialer)
  askOnAndOn(dialer, () => answers++)
  const movedBytes = await readAll(dialer, () => {
    peakBytes = Math.max(peakBytes, heldBytes())
    answersAtParts.push(answers)
  })
  dialer.close('UNREACHABLE', 'enough')
  await dialerClosed
  await ends.listening.close()
  expect(acceptor.isOpen).toBe(false)
  expect(movedBytes).toBe(bodyBytes)
  expect(kept.reduce((sum, { length }) => sum + length, 0)).toBe(streamCreditBytes)
  expect(peakBytes - beforeBytes).toBeLessThanOrEqual(riseBytesMax)
  expect(answersAtParts).toHaveLength(16)
  expect(answersAtParts.every((count, part) => count > (answersAtParts[part - 1] ?? 0))).toBe(true)
})
