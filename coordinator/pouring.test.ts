import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { BlockRange } from '../protocol/block-ranges.ts'
import { BufferPool } from '../protocol/buffer-pool.ts'
import { ConcurError } from '../protocol/errors.ts'
import { chunkBytesMax } from '../protocol/limits.ts'
import type { Message } from '../protocol/opcodes.ts'
import type { Stream } from '../protocol/stream.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import { Pouring } from './pouring.ts'
import { Silence } from './silence.ts'

const KiB = 1024

/** A sink that is as slow as the test: `take` finishes the oldest piece. */
class SlowSink implements BodySink {
  closed = false
  readonly began: number[] = []
  readonly pieces: { bytes: Buffer; done: () => void; failed: (error: Error) => void }[] = []

  begin(size: number): void {
    this.began.push(size)
  }

  piece(_: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    return new Promise((done, failed) => this.pieces.push({ bytes, done, failed }))
  }

  async take(count = 1): Promise<void> {
    for (const { done } of this.pieces.splice(0, count)) done()
    await turns(1)
  }
}

function startPouring(sink: BodySink, ranges: readonly BlockRange[] | null = null) {
  const time = new FakeTime()
  const happened: string[] = []
  const stream = {
    cancel: () => happened.push('cancel'),
    consumed: (bytes: number) => happened.push(`consumed ${bytes}`),
  } as unknown as Stream
  const pouring = new Pouring({
    sink,
    ranges,
    chunks: new BufferPool({ bufferBytes: chunkBytesMax, keepMax: 4 }),
    resolve: () => happened.push('done'),
    reject: error => happened.push(error.message),
  })
  const wait = new Silence({ timers: time, limitMs: 2_000 }).begin(() => happened.push('silent'))
  pouring.start(stream, wait)
  const hear = (opcode: 'DIGESTS' | 'CHUNK', bytes: number, fin = false): void =>
    pouring.onMessage({ opcode, body: Buffer.alloc(bytes, 1) }, fin)
  const begin = (size: number): void =>
    pouring.onMessage({ opcode: 'BODY', body: { version: 0, size } } as Message, false)
  return { pouring, time, happened, hear, begin }
}

test('is done when the last frame was heard and every byte taken, not before', async () => {
  const sink = new SlowSink()
  const { happened, hear, begin } = startPouring(sink)
  begin(10)
  hear('DIGESTS', 32)
  hear('CHUNK', 10, true)
  expect(sink.began).toEqual([10])
  await sink.take()
  expect(happened).toEqual(['consumed 32'])
  await sink.take()
  expect(happened).toEqual(['consumed 32', 'consumed 10', 'done'])
})

test('an empty file is done with its last frame', () => {
  const { happened, hear, begin } = startPouring(new SlowSink())
  begin(0)
  hear('CHUNK', 0, true)
  expect(happened).toEqual(['done'])
})

test('of some blocks as many bytes are awaited as these have', async () => {
  const sink = new SlowSink()
  const { happened, hear, begin } = startPouring(sink, [{ first: 1, count: 1 }])
  begin(1024 * KiB + 10)
  hear('DIGESTS', 64)
  hear('CHUNK', 10, true)
  await sink.take(2)
  expect(happened).toEqual(['consumed 64', 'consumed 10', 'done'])
})

test('bytes are copied, because a frame is valid during its call only', async () => {
  const sink = new SlowSink()
  const { pouring, begin, hear } = startPouring(sink)
  const frame = Buffer.from('abc')
  begin(3)
  hear('DIGESTS', 32)
  pouring.onMessage({ opcode: 'CHUNK', body: frame }, true)
  frame.fill(0xee)
  expect(sink.pieces[1]!.bytes.toString()).toBe('abc')
})

test('a sink that refuses what came ends the pouring and calls off the rest', async () => {
  const sink = new SlowSink()
  const { time, happened, hear, begin } = startPouring(sink)
  begin(2_000)
  hear('DIGESTS', 32)
  hear('CHUNK', 1_000)
  hear('CHUNK', 1_000)
  for (const piece of sink.pieces) piece.failed(new ConcurError('CHANGED', 'of another content'))
  await turns(1)
  expect(happened).toContain('cancel')
  expect(happened).toContain('of another content')
  time.passAtOnce(10_000)
  expect(happened).not.toContain('silent')
})

test('a sink that refuses the size ends this pouring, and nothing is thrown at the connection', () => {
  const sink = new SlowSink()
  sink.begin = () => {
    throw new ConcurError('TOO_LARGE', 'a file of that size')
  }
  const { time, happened, begin, hear } = startPouring(sink)
  begin(2 ** 50)
  hear('DIGESTS', 32)
  expect(happened).toEqual(['cancel', 'a file of that size'])
  expect(sink.pieces).toEqual([])
  time.passAtOnce(10_000)
  expect(happened).not.toContain('silent')
})

describe('a replica that does not send one whole body has made a mistake', () => {
  const badFrame = expect.objectContaining({ code: 'BAD_FRAME' })
  const blocks = 32

  test.each<[string, (pouring: ReturnType<typeof startPouring>) => void]>([
    ['bytes before the size', ({ hear }) => hear('CHUNK', 10)],
    ['an end before the size', ({ hear }) => hear('CHUNK', 0, true)],
    ['bytes before the digests', ({ begin, hear }) => [begin(10), hear('CHUNK', 10)]],
    ['more digests than blocks', ({ begin, hear }) => [begin(10), hear('DIGESTS', 2 * blocks)]],
    [
      'more bytes than its size',
      ({ begin, hear }) => [begin(10), hear('DIGESTS', blocks), hear('CHUNK', 11)],
    ],
    [
      'fewer bytes than its size',
      ({ begin, hear }) => [begin(10), hear('DIGESTS', blocks), hear('CHUNK', 9, true)],
    ],
    ['bytes of an empty file', ({ begin, hear }) => [begin(0), hear('CHUNK', 1)]],
    ['two bodies', ({ begin }) => [begin(0), begin(0)]],
  ])('%s', (_, send) => {
    const started = startPouring(new SlowSink())
    let thrown: unknown = null
    try {
      send(started)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toEqual(badFrame)
  })
})

test('a sink that nobody reads any more calls off the rest and is done', async () => {
  const sink = new SlowSink()
  const { happened, hear, begin } = startPouring(sink)
  begin(1_000)
  hear('DIGESTS', 32)
  hear('CHUNK', 500)
  sink.closed = true
  await sink.take()
  expect(happened).toEqual(['consumed 32', 'cancel', 'done'])
  await sink.take()
  expect(happened.filter(what => what === 'done')).toHaveLength(1)
})

describe('silence', () => {
  test('of the replica counts from its last word', () => {
    const { time, happened, begin } = startPouring(new SlowSink())
    time.passAtOnce(1_500)
    begin(10)
    time.passAtOnce(2_000)
    expect(happened).toEqual([])
    time.passAtOnce(500)
    expect(happened).toEqual(['silent'])
  })

  test('is not counted while the sink holds up as much as the replica may send', async () => {
    const sink = new SlowSink()
    const { time, happened, hear, begin } = startPouring(sink)
    begin(4 * 1024 * KiB)
    hear('DIGESTS', 128)
    for (let chunk = 0; chunk < 3; chunk++) hear('CHUNK', 256 * KiB)
    time.passAtOnce(60_000)
    expect(happened).toEqual([])
  })

  test('is not counted either when the sink has taken a little and the credit is not enough for the next chunk', async () => {
    const sink = new SlowSink()
    const { time, happened, hear, begin } = startPouring(sink)
    begin(4 * 1024 * KiB)
    hear('DIGESTS', 128)
    for (let chunk = 0; chunk < 3; chunk++) hear('CHUNK', 256 * KiB)
    await sink.take()
    time.passAtOnce(60_000)
    expect(happened).toEqual(['consumed 128'])
  })

  test('is counted again when the sink has room for the next chunk', async () => {
    const sink = new SlowSink()
    const { time, happened, hear, begin } = startPouring(sink)
    begin(4 * 1024 * KiB)
    hear('DIGESTS', 128)
    for (let chunk = 0; chunk < 3; chunk++) hear('CHUNK', 256 * KiB)
    time.passAtOnce(60_000)
    await sink.take(2)
    time.passAtOnce(2_000)
    expect(happened).not.toContain('silent')
    time.passAtOnce(500)
    expect(happened).toContain('silent')
  })
})
