/** A content that a path had, and what paths were: what comes is checked, and what cannot be is an error. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { BufferPool } from '../../protocol/buffer-pool.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import { askContent } from './ask-content.ts'
import { askPast } from './ask-past.ts'

const path = parsePath('a')
const content = Buffer.alloc(blockBytes + 1000, 'content ')
const { digest, blockDigests } = digestOf(content)

let time: FakeTime
let served: Served
let stream: Stream | null
let failed: ConcurError | null

beforeEach(async () => {
  time = new FakeTime()
  stream = null
  failed = null
  served = await serve(time, (_, opened) => {
    stream = opened
    opened.listen({
      onMessage: () => {},
      onFailed: error => {
        failed = error
      },
    })
  })
})

afterEach(() => served.close())

const common = () => ({ connection: served.peer.connection, timers: time, silenceMs: 8_000 })

async function askedForContent(bytesMax = 2 * blockBytes) {
  const pool = new BufferPool({ bufferBytes: blockBytes, keepMax: 2 })
  const answer = askContent({ ...common(), request: { path, at: 7, digest, size: null }, bytesMax, pool })
  answer.catch(() => {})
  await until(() => stream !== null, 'the question')
  return { answer, stream: stream! }
}

async function askedForPast() {
  const answer = askPast({ ...common(), request: { path, at: 7 } })
  answer.catch(() => {})
  await until(() => stream !== null, 'the question')
  return { answer, stream: stream! }
}

function pour(to: Stream, bytes: Buffer, size = bytes.length): void {
  void to.sendFlow('BODY', { version: 0, size })
  void to.sendPiece('DIGESTS', blockDigests)
  for (let at = 0; at < bytes.length; at += 200_000)
    void to.sendPiece('CHUNK', bytes.subarray(at, at + 200_000))
}

describe('a content', () => {
  test('comes whole, whatever the pieces', async () => {
    const { answer, stream } = await askedForContent()
    pour(stream, content)
    void stream.sendPiece('CHUNK', Buffer.alloc(0), true)
    expect((await answer).equals(content)).toBe(true)
  })

  test('that is larger than it may be is TOO_LARGE, and no more of it is wanted', async () => {
    const { answer, stream } = await askedForContent(blockBytes)
    pour(stream, content)
    await expect(answer).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await until(() => failed !== null, 'CANCEL')
  })

  test('with a byte that is another is CHANGED, and no more of it is wanted', async () => {
    const { answer, stream } = await askedForContent()
    const spoilt = Buffer.from(content)
    spoilt[5]! ^= 1
    pour(stream, spoilt)
    await expect(answer).rejects.toMatchObject({ code: 'CHANGED' })
    await until(() => failed !== null, 'CANCEL')
  })

  test('that nobody has is the server’s word', async () => {
    const { answer, stream } = await askedForContent()
    stream.fail(new ConcurError('NOT_FOUND', 'a: no node has it any more'))
    await expect(answer).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('that stops coming is a TIMEOUT', async () => {
    const { answer, stream } = await askedForContent()
    void stream.sendFlow('BODY', { version: 0, size: content.length })
    await turns(5)
    await time.pass(20_000)
    await expect(answer).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test.each<[string, (stream: Stream) => void]>([
    ['bytes without a BODY', stream => void stream.sendPiece('CHUNK', Buffer.of(1))],
    [
      'a second BODY',
      stream => {
        for (const _ of [1, 2]) void stream.sendFlow('BODY', { version: 0, size: content.length })
      },
    ],
    ['an end in the middle', stream => void stream.sendFlow('BODY', { version: 0, size: 5 }, true)],
    ['another answer', stream => stream.send('WAITED', { seq: 1, behind: [] }, true)],
  ])('answered with %s ends the connection', async (_, say) => {
    const { answer, stream } = await askedForContent()
    say(stream)
    await expect(answer).rejects.toMatchObject({ code: 'BAD_FRAME' })
    await until(() => !served.peer.connection.isOpen, 'the end')
  })
})

describe('what paths were', () => {
  const entry = { path, type: 'folder' as const, at: 6, size: null, digest: null }

  test('comes in pages, as many as there are', async () => {
    const { answer, stream } = await askedForPast()
    const pages = 300
    for (let page = 0; page < pages; page++)
      void stream.sendFlow('PAST_IS', { at: 7, entries: Array.from({ length: 200 }, () => entry) })
    void stream.sendFlow('PAST_IS', { at: 7, entries: [] }, true)
    const { at, entries } = await answer
    expect([at, entries.length, entries[0]]).toEqual([7, 200 * pages, entry])
  })

  test('that are not known are the server’s word', async () => {
    const { answer, stream } = await askedForPast()
    stream.fail(new ConcurError('IS_DIRECTORY', 'a: it is a folder'))
    await expect(answer).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
  })

  test('answered with something else ends the connection', async () => {
    const { answer, stream } = await askedForPast()
    stream.send('WAITED', { seq: 1, behind: [] }, true)
    await expect(answer).rejects.toMatchObject({ code: 'BAD_FRAME' })
  })
})
