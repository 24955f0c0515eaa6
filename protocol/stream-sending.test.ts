import { DrivenStream } from '../fixtures/driven-stream.ts'
import { turns } from '../fixtures/fake-time.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import { ConcurError } from './errors.ts'
import { chunkBytesMax } from './limits.ts'
import type { Message } from './opcodes.ts'
import { Stream } from './stream.ts'

let driven: DrivenStream
let stream: Stream

beforeEach(() => {
  driven = new DrivenStream(5)
  stream = driven.stream
})

const credit = (bytes: number): Message => ({ opcode: 'CREDIT', body: { bytes } })
const lengthOf = ({ body }: ReadFrame) => (body as Buffer).length

describe('what is sent', () => {
  test('a piece goes out in frames of at most 256 KiB, and FIN stands on its last one', async () => {
    void stream.sendPiece('CHUNK', Buffer.alloc(2 * chunkBytesMax + 1), true)
    const frames = await driven.sent()
    expect(frames.map(lengthOf)).toEqual([chunkBytesMax, chunkBytesMax, 1])
    expect(frames.map(({ fin }) => fin)).toEqual([false, false, true])
  })

  test('a piece without bytes is one frame', async () => {
    void stream.sendPiece('CHUNK', Buffer.alloc(0), true)
    expect((await driven.sent()).map(frame => [lengthOf(frame), frame.fin])).toEqual([[0, true]])
  })

  test('no more than the credit leaves, and the rest when the peer gives more', async () => {
    void stream.sendPiece('CHUNK', Buffer.alloc(6 * chunkBytesMax))
    expect(await driven.sent()).toHaveLength(4)
    stream.hear(credit(chunkBytesMax - 1), false, 4)
    expect(await driven.sent()).toHaveLength(4)
    stream.hear(credit(1), false, 4)
    expect(await driven.sent()).toHaveLength(5)
    stream.hear(credit(2 * chunkBytesMax), false, 4)
    expect(await driven.sent()).toHaveLength(6)
  })

  test('control messages need no credit, and overtake what waits for it', async () => {
    void stream.sendPiece('CHUNK', Buffer.alloc(5 * chunkBytesMax))
    await driven.sent()
    stream.send('PROGRESS', { node: null, bytesDone: 1, bytesTotal: 2 })
    expect((await driven.sent()).at(-1)?.opcode).toBe('PROGRESS')
  })

  test('a piece may be used again when all of it has left, and not before', async () => {
    let mayUse = false
    const other = new Stream({ id: 6, outbox: driven.outbox, onEnded: () => {} })
    void other.sendPiece('CHUNK', Buffer.alloc(3 * chunkBytesMax))
    void stream.sendPiece('CHUNK', Buffer.alloc(3 * chunkBytesMax)).then(() => {
      mayUse = true
    })
    await turns(2)
    driven.transport.flush()
    await turns(2)
    expect(mayUse).toBe(false)
    driven.transport.flush()
    await turns(1)
    expect(mayUse).toBe(true)
  })

  test.each(['cancel', 'fail', 'lose'] as const)(
    'after %s a piece may be used again when what had begun to leave is gone, and the rest of it stays here',
    async way => {
      let mayUse = false
      void stream.sendPiece('CHUNK', Buffer.alloc(6 * chunkBytesMax)).then(() => {
        mayUse = true
      })
      await turns(2)
      const error = new ConcurError('IO_ERROR', 'the disk failed')
      if (way === 'cancel') stream.cancel()
      else stream[way](error)
      await turns(2)
      expect(mayUse).toBe(false)
      await driven.sent()
      expect(mayUse).toBe(true)
      expect(readFrames(driven.transport.written).filter(({ opcode }) => opcode === 'CHUNK')).toHaveLength(4)
    },
  )

  test('pieces that wait are given back by a stream that ends', async () => {
    const given: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      stream.queuePiece('CHUNK', Buffer.alloc(chunkBytesMax), { fin: false, onSent: () => given.push(name) })
    }
    await driven.sent()
    expect(given).toEqual(['a', 'b', 'c', 'd'])
    stream.lose(new ConcurError('UNREACHABLE', 'gone'))
    expect(given).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  test('fail tells the peer why and cancel that it is not wanted, both with FIN, and nothing comes behind', async () => {
    stream.fail(new ConcurError('IO_ERROR', 'the disk failed'))
    const other = new Stream({ id: 6, outbox: driven.outbox, onEnded: () => {} })
    other.cancel()
    for (const one of [stream, other]) {
      one.fail(new ConcurError('BUSY', ''))
      one.cancel()
      one.send('PROGRESS', { node: null, bytesDone: 1, bytesTotal: 2 })
      await one.sendPiece('CHUNK', Buffer.alloc(9))
      one.consumed(chunkBytesMax)
    }
    expect(await driven.sent()).toEqual([
      { stream: 5, opcode: 'ERROR', fin: true, body: { code: 'IO_ERROR', message: 'the disk failed' } },
      { stream: 6, opcode: 'CANCEL', fin: true, body: {} },
    ])
  })

  test('who loses a stream says nothing to the peer', async () => {
    stream.lose(new ConcurError('UNREACHABLE', 'gone'))
    stream.lose(new ConcurError('UNREACHABLE', 'gone'))
    expect(await driven.sent()).toEqual([])
    expect(driven.happened).toEqual(['ended', 'failed UNREACHABLE'])
  })

  test('nothing is sent behind FIN', async () => {
    stream.send('COPY', neverJournaled({ is: 'absent' }), true)
    expect(stream.ended).toBe(true)
    stream.send('COPY', neverJournaled({ is: 'folder' }), true)
    await stream.sendFlow('LISTED', { unreachable: [] })
    expect((await driven.sent()).map(({ body }) => body)).toEqual([neverJournaled({ is: 'absent' })])
  })

  test('a message that fits no frame is our own mistake', () => {
    const entries = Array.from({ length: 9_000 }, () => ({
      escaped: false as const,
      path: 'a/path/of/some/length' as never,
      type: 'file' as const,
      size: 1,
      mtimeMs: 1,
      digest: null,
    }))
    expect(() => stream.sendFlow('ENTRIES', { entries })).toThrow('does not fit into a frame')
  })
})
