import { DrivenStream } from '../fixtures/driven-stream.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { ConcurError } from './errors.ts'
import { chunkBytesMax, streamCreditBytes } from './limits.ts'
import type { Message } from './opcodes.ts'
import { Stream } from './stream.ts'

let driven: DrivenStream
let stream: Stream

beforeEach(() => {
  driven = new DrivenStream(5)
  stream = driven.stream
})

function unexpected(): never {
  throw new Error('this should not happen')
}

const chunk = (length: number): Message => ({ opcode: 'CHUNK', body: Buffer.alloc(length) })
const progress: Message = { opcode: 'PROGRESS', body: { node: null, bytesDone: 1, bytesTotal: 2 } }
const credit = (bytes: number): Message => ({ opcode: 'CREDIT', body: { bytes } })

/** The peer sends `count` chunks of full length. */
function hearChunks(count: number): void {
  for (let i = 0; i < count; i++) stream.hear(chunk(chunkBytesMax), false, chunkBytesMax)
}

describe('what is heard', () => {
  test('1 MiB is admitted at first, and one byte more is the peer’s mistake', () => {
    hearChunks(streamCreditBytes / chunkBytesMax)
    const message = 'CHUNK beyond the credit of stream 5'
    expect(() => stream.hear(chunk(1), false, 1)).toThrow(new ConcurError('BAD_FRAME', message))
  })

  test('frames without a body, and control frames, need no credit', () => {
    hearChunks(streamCreditBytes / chunkBytesMax)
    stream.hear(progress, false, 18)
    stream.hear(chunk(0), true, 0)
    expect(driven.happened.slice(-2)).toEqual(['PROGRESS 18', 'CHUNK 0 fin'])
  })

  test('credit is given back in portions of 256 KiB, for what was worked on', async () => {
    hearChunks(4)
    stream.consumed(100 * 1024)
    stream.consumed(155 * 1024)
    expect(await driven.sent()).toEqual([])
    stream.consumed(1024)
    stream.consumed(300 * 1024)
    const frames = await driven.sent()
    expect(frames.map(({ opcode, body }) => [opcode, body])).toEqual([
      ['CREDIT', { bytes: 256 * 1024 }],
      ['CREDIT', { bytes: 300 * 1024 }],
    ])
    hearChunks(2)
    expect(() => stream.hear(chunk(50 * 1024), false, 50 * 1024)).toThrow(ConcurError)
  })

  test('who admits more gets more ahead, and gives credit back in larger portions', async () => {
    stream.admit(3 * streamCreditBytes)
    hearChunks((4 * streamCreditBytes) / chunkBytesMax)
    expect(() => stream.hear(chunk(1), false, 1)).toThrow(ConcurError)
    stream.consumed(streamCreditBytes - 1)
    stream.consumed(1)
    const frames = await driven.sent()
    expect(frames.map(({ body }) => body)).toEqual([
      { bytes: 3 * streamCreditBytes },
      { bytes: streamCreditBytes },
    ])
  })

  test('no credit is given for what cannot come any more', async () => {
    hearChunks(3)
    stream.hear(chunk(10), true, 10)
    stream.consumed(3 * chunkBytesMax)
    expect(await driven.sent()).toEqual([])
  })

  test('a frame after the last one is the peer’s mistake; credit, ERROR and CANCEL may still come', () => {
    stream.hear(chunk(1), true, 1)
    const message = 'PROGRESS after the last frame of stream 5'
    expect(() => stream.hear(progress, false, 18)).toThrow(new ConcurError('BAD_FRAME', message))
    stream.hear(credit(1), false, 4)
    stream.hear({ opcode: 'ERROR', body: { code: 'IO_ERROR', message: '' } }, true, 4)
    expect(driven.happened).toEqual(['CHUNK 1 fin', 'ended', 'failed IO_ERROR'])
  })

  test('ERROR ends the stream with its code, CANCEL as unreachable, once', () => {
    stream.hear({ opcode: 'ERROR', body: { code: 'CHANGED', message: 'moved' } }, true, 9)
    stream.hear({ opcode: 'CANCEL', body: {} }, true, 0)
    expect(driven.happened).toEqual(['ended', 'failed CHANGED'])
    const other = new Stream({ id: 6, outbox: driven.outbox, onEnded: () => {} })
    other.listen({ onMessage: unexpected, onFailed: ({ code }) => driven.happened.push(code) })
    other.hear({ opcode: 'CANCEL', body: {} }, true, 0)
    expect(driven.happened.at(-1)).toBe('UNREACHABLE')
  })

  test('credit without bound is the peer’s mistake', () => {
    expect(() => {
      for (let i = 0; i < 2 ** 9; i++) stream.hear(credit(0xffff_ffff), false, 4)
    }).toThrow(new ConcurError('BAD_FRAME', 'credit without bound on stream 5'))
  })

  test('nothing is heard on a stream that has ended', () => {
    stream.cancel()
    hearChunks(20)
    stream.hear({ opcode: 'ERROR', body: { code: 'IO_ERROR', message: '' } }, true, 4)
    expect(driven.happened).toEqual(['ended'])
  })
})

describe('the end', () => {
  test('comes when both sides have said their last', () => {
    stream.send('COPY', neverJournaled({ is: 'absent' }), true)
    expect(driven.happened).toEqual([])
    stream.hear(progress, true, 18)
    expect(driven.happened).toEqual(['PROGRESS 18 fin', 'ended'])
  })

  test('waits for a last frame that waits for credit, also when the peer has said its last meanwhile', async () => {
    void stream.sendPiece('CHUNK', Buffer.alloc(5 * chunkBytesMax), true)
    await driven.sent()
    stream.hear(progress, true, 18)
    expect(driven.happened).toEqual(['PROGRESS 18 fin'])
    stream.hear(credit(chunkBytesMax), false, 4)
    await driven.sent()
    expect(driven.happened).toEqual(['PROGRESS 18 fin', 'ended'])
  })

  test('waits for a last frame that waits for credit, so that the credit is heard', async () => {
    stream.hearRequest(null)
    void stream.sendPiece('CHUNK', Buffer.alloc(5 * chunkBytesMax), true)
    await driven.sent()
    expect(driven.happened).toEqual([])
    stream.hear(credit(chunkBytesMax), false, 4)
    await driven.sent()
    expect(driven.happened).toEqual(['ended'])
    expect((await driven.sent()).at(-1)?.fin).toBe(true)
  })
})
