/** What leaves without waiting in a queue, and what leaves before its turn has ended. */
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { ManualTransport } from '../fixtures/manual-transport.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import { chunkBytesAheadMax, chunkBytesMax, frameHeaderBytes, unsentBytesPause } from './limits.ts'
import { opcodes } from './opcodes.ts'
import { type FlowQueue, Outbox } from './outbox.ts'
import { Stream } from './stream.ts'

const KiB = 1024

let transport: ManualTransport
let outbox: Outbox

beforeEach(() => {
  transport = new ManualTransport()
  outbox = new Outbox({ transport, timers: new FakeTime(), onStuck() {}, onDrained() {} })
})

const said = ({ opcode, stream, fin }: ReadFrame) => `${opcode} ${stream}${fin ? ' FIN' : ''}`
const streamOf = (id: number) => new Stream({ id, outbox, onEnded() {} })

function queueOf(stream: number, credit = Number.POSITIVE_INFINITY): FlowQueue {
  return { stream, frames: [], credit, inRound: false }
}

test('a small answer leaves in the order in which it was said, its bytes copied', async () => {
  const stream = streamOf(1)
  const bytes = Buffer.from('hello')
  stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
  const sent = [stream.sendFlow('BODY', { version: 0, size: 5 }), stream.sendPiece('CHUNK', bytes, true)]
  stream.send('PROGRESS', { node: null, bytesDone: 5, bytesTotal: 5 })
  bytes.fill(0)
  await Promise.all(sent)
  await turns(1)
  const frames = readFrames(transport.written)
  expect(frames.map(said)).toEqual(['PROGRESS 1', 'BODY 1', 'CHUNK 1 FIN'])
  expect(frames.map(({ body }) => body).slice(1)).toEqual([{ version: 0, size: 5 }, Buffer.from('hello')])
  expect(transport.writes).toHaveLength(1)
})

test('what goes beyond the credit waits for it, and what comes behind it waits as well', async () => {
  const queue = queueOf(1, 100)
  expect(outbox.sendPiece(queue, 'CHUNK', Buffer.alloc(60), false)).toBe(true)
  expect(outbox.sendPiece(queue, 'CHUNK', Buffer.alloc(41), false)).toBe(false)
  expect(outbox.sendFlow(queue, 'BODY', { version: 7, size: 1 }, false)).toBeNull()
  expect(queue.credit).toBe(30)
  const stream = streamOf(2)
  void stream.sendPiece('CHUNK', Buffer.alloc(5 * chunkBytesMax))
  void stream.sendFlow('BODY', { version: 3, size: 3 }, true)
  for (let i = 0; i < 5; i++) {
    await turns(1)
    transport.flush()
  }
  const ofStream = readFrames(transport.written).filter(({ stream }) => stream === 2)
  expect(ofStream.map(said)).toEqual(Array(4).fill('CHUNK 2'))
})

test('what has to wait is taken back whole, and the frames around it are unharmed', async () => {
  outbox.sendControl(9, 'CREDIT', { bytes: 1 }, false)
  const waiting = outbox.sendFlow(queueOf(1, 9), 'BODY', { version: 1, size: 2 }, false)
  outbox.sendControl(9, 'CREDIT', { bytes: 2 }, false)
  await turns(1)
  expect(waiting?.toString('hex')).toBe('00010000000000000002')
  expect(readFrames(transport.written).map(said)).toEqual(['CREDIT 9', 'CREDIT 9'])
})

test('small frames of any number of streams have no more than a block ahead of a control frame', async () => {
  for (let id = 1; id <= 400; id++) void streamOf(id).sendPiece('CHUNK', Buffer.alloc(4 * KiB))
  await turns(2)
  const flow = readFrames(transport.unflushedBytes).filter(({ opcode }) => opcodes[opcode].lane === 'flow')
  const ahead = flow.reduce((sum, { body }) => sum + frameHeaderBytes + (body as Buffer).length, 0)
  expect(ahead).toBeLessThanOrEqual(chunkBytesAheadMax)
  while (transport.flush() !== null) await turns(1)
  expect(readFrames(transport.written)).toHaveLength(400)
})

test('a small frame does not overtake the streams that have their turn', async () => {
  void streamOf(1).sendPiece('CHUNK', Buffer.alloc(20 * KiB))
  void streamOf(2).sendPiece('CHUNK', Buffer.alloc(1))
  await turns(1)
  expect(readFrames(transport.written).map(said)).toEqual(['CHUNK 1', 'CHUNK 2'])
})

test('much of one turn begins to leave before the turn has ended, unless the peer is slow', () => {
  const send = (): void =>
    void outbox.sendControl(1, 'COPY', neverJournaled({ is: 'unreadable', reason: 'r'.repeat(990) }), false)
  for (let i = 0; i < 33; i++) send()
  expect(transport.writes).toHaveLength(1)
  expect(unsentBytesPause % transport.writes[0]!.length).toBeGreaterThan(0)
  for (let i = 0; i < 2_000; i++) send()
  const bytesLeft = transport.unflushedBytes.length
  expect(bytesLeft).toBeGreaterThan(unsentBytesPause)
  expect(bytesLeft).toBeLessThan(unsentBytesPause + 64 * KiB)
})
