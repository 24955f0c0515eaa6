import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { ManualTransport } from '../fixtures/manual-transport.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import { chunkBytesAheadMax, chunkBytesMax, frameHeaderBytes } from './limits.ts'
import { opcodes } from './opcodes.ts'
import { type FlowQueue, Outbox } from './outbox.ts'

const KiB = 1024
const MiB = 1024 * KiB

let time: FakeTime
let transport: ManualTransport
let outbox: Outbox
let happened: string[]

beforeEach(() => {
  time = new FakeTime()
  transport = new ManualTransport()
  happened = []
  outbox = new Outbox({
    transport,
    timers: time,
    onStuck: () => happened.push('stuck'),
    onDrained: () => happened.push('drained'),
  })
})

function queueOf(stream: number, credit = Number.POSITIVE_INFINITY): FlowQueue {
  return { stream, frames: [], credit, inRound: false }
}

function put(queue: FlowQueue, length: number, onSent = () => {}): void {
  queue.frames.push({ opcode: 'CHUNK', fin: false, body: Buffer.alloc(length, queue.stream), onSent })
  outbox.ready(queue)
}

function sendCredit(stream: number, bytes: number): void {
  outbox.sendControl(stream, 'CREDIT', { bytes }, false)
}

const said = ({ opcode, stream }: ReadFrame) => `${opcode} ${stream}`

/** Bytes of flow frames, headers included, that the system has not taken. */
function flowBytesAhead(): number {
  return readFrames(transport.unflushedBytes)
    .filter(({ opcode }) => opcodes[opcode].lane === 'flow')
    .reduce((sum, { body }) => sum + frameHeaderBytes + (body as Buffer).length, 0)
}

test('control frames go before flow frames that were put in earlier, and all of one turn is one write', async () => {
  put(queueOf(1), 10)
  put(queueOf(2), 100 * KiB)
  sendCredit(3, 1)
  sendCredit(4, 2)
  expect(transport.writes).toHaveLength(0)
  await turns(1)
  expect(transport.writes).toHaveLength(1)
  expect(readFrames(transport.written).map(said)).toEqual(['CREDIT 3', 'CREDIT 4', 'CHUNK 1', 'CHUNK 2'])
})

test('nothing to say is no write', async () => {
  outbox.ready(queueOf(1))
  outbox.flush()
  await turns(2)
  expect(transport.writes).toHaveLength(0)
})

test('streams take turns, frame by frame', () => {
  const queues = [queueOf(1), queueOf(2), queueOf(3)]
  for (const queue of queues) for (let i = 0; i < 3; i++) put(queue, 10 * KiB)
  outbox.flush()
  const streams = readFrames(transport.written).map(({ stream }) => stream)
  expect(streams).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
})

test('a stream that joins later waits for one round and not for a whole file', async () => {
  const large = queueOf(1)
  for (let i = 0; i < 20; i++) put(large, chunkBytesMax)
  await turns(1)
  put(queueOf(2), 1 * KiB)
  transport.flush()
  await turns(1)
  transport.flush()
  await turns(1)
  const streams = readFrames(transport.written).map(({ stream }) => stream)
  expect(streams.slice(0, 6)).toEqual([1, 1, 1, 1, 1, 2])
})

test('a control frame waits behind a block of flow frames at the most, and leaves in its own turn', async () => {
  const queue = queueOf(1)
  for (let i = 0; i < 10; i++) put(queue, chunkBytesMax)
  await turns(3)
  expect(flowBytesAhead()).toBe(chunkBytesAheadMax)
  sendCredit(2, 1)
  await turns(1)
  expect(readFrames(transport.unflushedBytes).map(said)).toEqual([...Array(4).fill('CHUNK 1'), 'CREDIT 2'])
})

test('whatever is put in, and however slowly it leaves, no more than a block of flow frames are ahead', async () => {
  const chance = new SeededChance(7)
  const queues = Array.from({ length: 5 }, (_, i) => queueOf(i + 1))
  const lengths = queues.map((): number[] => [])
  for (let step = 0; step < 400; step++) {
    const at = chance.below(queues.length)
    const length = chance.below(2) === 0 ? chance.below(2 * KiB) : chance.below(chunkBytesMax + 1)
    put(queues[at]!, length)
    lengths[at]!.push(length)
    if (chance.below(3) > 0) transport.flush()
    if (chance.below(3) > 0) await turns(1)
    expect(flowBytesAhead()).toBeLessThanOrEqual(chunkBytesAheadMax)
  }
  while (transport.flush() !== null) await turns(1)
  const frames = readFrames(transport.written)
  for (const [at, { stream }] of queues.entries()) {
    const bodies = frames.filter(frame => frame.stream === stream).map(({ body }) => body as Buffer)
    expect(bodies.map(body => body.length)).toEqual(lengths[at])
    expect(bodies.every(body => body.every(byte => byte === stream))).toBe(true)
  }
})

test('a frame leaves when the credit admits all of it, and not before', () => {
  const queue = queueOf(1, 99)
  put(queue, 100)
  put(queue, 1)
  outbox.flush()
  expect(transport.writes).toHaveLength(0)
  queue.credit += 1
  outbox.ready(queue)
  outbox.flush()
  expect(readFrames(transport.written)).toHaveLength(1)
  expect(queue.credit).toBe(0)
  queue.credit += 5
  outbox.ready(queue)
  outbox.flush()
  expect(queue.credit).toBe(4)
})

test('a frame without a body needs no credit', () => {
  put(queueOf(1, 0), 0)
  outbox.flush()
  expect(readFrames(transport.written)).toHaveLength(1)
})

test('a stream without credit does not hold up the others', () => {
  put(queueOf(1, 0), 10)
  put(queueOf(2), 10)
  outbox.flush()
  expect(readFrames(transport.written).map(said)).toEqual(['CHUNK 2'])
})

test('bytes belong to the outbox until they have left, small ones too', () => {
  const sent: string[] = []
  put(queueOf(1), 10, () => sent.push('small'))
  put(queueOf(2), 100 * KiB, () => sent.push('large'))
  outbox.flush()
  expect(sent).toEqual([])
  transport.flush()
  expect(sent).toEqual(['small', 'large'])
})

test('a transport that is gone gives back every frame, under way or waiting, once', () => {
  const sent: string[] = []
  const queue = queueOf(1)
  for (const name of ['under way', 'waiting', 'waiting too']) put(queue, chunkBytesMax, () => sent.push(name))
  outbox.flush()
  outbox.close()
  expect(sent.sort()).toEqual(['under way', 'waiting', 'waiting too'])
  outbox.flush()
  expect(transport.writes).toHaveLength(1)
  time.passAtOnce(60_000)
  expect(happened).toEqual([])
  expect(time.timerCount).toBe(0)
})

test('a peer that takes nothing for 30 s is given up, and not before', () => {
  sendCredit(1, 1)
  outbox.flush()
  time.passAtOnce(29_999)
  expect(happened).toEqual([])
  time.passAtOnce(1)
  expect(happened).toEqual(['stuck'])
})

test('a peer that takes something now and then is not given up', () => {
  for (let i = 0; i < 10; i++) {
    sendCredit(1, i)
    outbox.flush()
    time.passAtOnce(20_000)
    transport.flush()
  }
  time.passAtOnce(100_000)
  expect(happened.filter(what => what === 'stuck')).toEqual([])
  expect(time.timerCount).toBe(0)
})

test('a peer that stops taking is given up within a minute, however much it took before', () => {
  sendCredit(1, 1)
  outbox.flush()
  time.passAtOnce(1_000)
  transport.flush()
  sendCredit(1, 2)
  outbox.flush()
  time.passAtOnce(60_000)
  expect(happened).toEqual(['drained', 'stuck'])
})

test('a peer for whom more than 16 MiB wait is given up at once', () => {
  const reply = Buffer.alloc(4 * KiB)
  for (let bytes = 0; bytes <= 15 * MiB; bytes += MiB) {
    for (let i = 0; i < 250; i++) outbox.sendEncoded(1, 'COPY', reply, false)
    outbox.flush()
  }
  expect(outbox.unsentBytes).toBeLessThanOrEqual(16 * MiB)
  expect(happened).toEqual([])
  for (let i = 0; i < 250; i++) outbox.sendEncoded(1, 'COPY', reply, false)
  outbox.flush()
  expect(outbox.unsentBytes).toBeGreaterThan(16 * MiB)
  expect(happened).toEqual(['stuck'])
})

test('what is unsent is counted from the moment it is said', () => {
  sendCredit(1, 1)
  expect(outbox.unsentBytes).toBe(16)
  outbox.flush()
  expect(outbox.unsentBytes).toBe(16)
  transport.flush()
  expect(outbox.unsentBytes).toBe(0)
  expect(happened).toEqual(['drained'])
})
