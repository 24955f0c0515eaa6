/** Uploads between two connections: whole, bounded by credit, and ended from either side. */
import { connectedPair, memoryEnds } from '../fixtures/connected-pair.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { doneOf, putOf } from '../fixtures/message-bodies.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { until } from '../fixtures/until.ts'
import { type Digest, digestOf } from './digest.ts'
import { ConcurError } from './errors.ts'
import { streamCreditBytes } from './limits.ts'
import type { Opcode } from './opcodes.ts'
import type { Stream } from './stream.ts'

const MiB = 1024 * 1024

/** What the acceptor has of an upload. */
interface Taken {
  readonly stream: Stream
  readonly chunks: Buffer[]
  bytes: number
  sealed: { size: number; digest: Digest } | null
  failure: string | null
}

async function pairTaking({ isReading }: { isReading: (taken: Taken) => boolean }) {
  const taken: Taken[] = []
  const pair = await connectedPair(memoryEnds(64 * 1024), {
    timers: new FakeTime(),
    onRequest(stream) {
      const one: Taken = { stream, chunks: [], bytes: 0, sealed: null, failure: null }
      taken.push(one)
      stream.listen({
        onMessage(message, _, bodyBytes) {
          if (message.opcode === 'CHUNK') one.chunks.push(Buffer.from(message.body))
          if (message.opcode === 'SEAL') one.sealed = message.body
          one.bytes += bodyBytes
          if (isReading(one)) stream.consumed(bodyBytes)
          if (message.opcode === 'SEAL') stream.send('DONE', doneOf(message.body), true)
        },
        onFailed({ code }) {
          one.failure = code
        },
      })
    },
  })
  return { ...pair, taken }
}

function upload({ dialer }: Awaited<ReturnType<typeof pairTaking>>, content: Buffer) {
  const happened: string[] = []
  const events = {
    onMessage: ({ opcode }: { opcode: Opcode }) => happened.push(opcode),
    onFailed: ({ code }: ConcurError) => happened.push(code),
  }
  const stream = dialer.request('CHANGE', putOf('a'), events, true)
  void stream.sendPiece('CHUNK', content)
  void stream.sendFlow('SEAL', { size: content.length, digest: digestOf(content).digest }, true)
  return { stream, happened }
}

const contentOf = (bytes: number) => Buffer.alloc(bytes, new SeededChance(bytes).bytes(991))

test('uploads come whole and in order, their seals last, and the streams end on both sides', async () => {
  const pair = await pairTaking({ isReading: () => true })
  const contents = [0, 1, 300_000, 3 * MiB + 1].map(contentOf)
  const sent = contents.map(content => upload(pair, content))
  await until(() => sent.every(({ happened }) => happened.length > 0), 'every answer')
  expect(sent.map(({ happened }) => happened)).toEqual(Array(4).fill(['DONE']))
  const isSame = pair.taken.map(({ chunks }, at) => Buffer.concat(chunks).equals(contents[at]!))
  expect(isSame).toEqual([true, true, true, true])
  expect([pair.dialer.streamCount, pair.acceptor.streamCount]).toEqual([0, 0])
})

test('an upload that nobody works on stops at its credit, and the others go on', async () => {
  const pair = await pairTaking({ isReading: ({ stream }) => stream.id > 1 })
  const stopped = upload(pair, contentOf(2 * MiB))
  const other = upload(pair, contentOf(4 * MiB))
  await until(() => other.happened.length > 0, 'the one that is worked on')
  expect(pair.taken[0]!.bytes).toBe(streamCreditBytes)
  expect(stopped.happened).toEqual([])
  pair.taken[0]!.stream.consumed(streamCreditBytes)
  await until(() => pair.taken[0]!.bytes > streamCreditBytes, 'what the new credit admits')
})

test('an upload that is refused in the middle stops its sender, and the next one goes through', async () => {
  const pair = await pairTaking({ isReading: ({ stream }) => stream.id > 1 })
  const refused = upload(pair, contentOf(4 * MiB))
  await until(() => (pair.taken[0]?.bytes ?? 0) > 0, 'the first bytes')
  pair.taken[0]!.stream.fail(new ConcurError('NO_SPACE', 'the disk is full'))
  await until(() => refused.happened.length > 0, 'the refusal')
  expect([refused.happened, refused.stream.ended]).toEqual([['NO_SPACE'], true])
  const next = upload(pair, contentOf(MiB))
  await until(() => next.happened.length > 0, 'the next answer')
  expect(next.happened).toEqual(['DONE'])
})

test('an upload whose sender cancels gives back what was not sent, and its taker hears of it', async () => {
  const pair = await pairTaking({ isReading: () => false })
  const { stream } = upload(pair, contentOf(4 * MiB))
  await until(() => pair.taken[0]?.bytes === streamCreditBytes, 'all that the credit admits')
  stream.cancel()
  await until(() => pair.taken[0]!.failure !== null, 'the end at the taker')
  await turns(5)
  expect([pair.dialer.streamCount, pair.acceptor.streamCount]).toEqual([0, 0])
})

test('an upload whose connection breaks fails on both sides', async () => {
  const pair = await pairTaking({ isReading: () => false })
  const { happened } = upload(pair, contentOf(4 * MiB))
  await until(() => pair.taken[0]?.bytes === streamCreditBytes, 'all that the credit admits')
  pair.dialerEnd.destroy()
  await until(() => pair.taken[0]!.failure !== null, 'the end at the taker')
  expect([happened, pair.taken[0]!.failure]).toEqual([['UNREACHABLE'], 'UNREACHABLE'])
})
