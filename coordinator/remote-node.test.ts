/** Questions to a replica that a test plays itself. */

import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { fileCopy, fileEntry } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Request } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import type { Entry } from '../protocol/messages.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'
import type { Stream } from '../protocol/stream.ts'
import { refused } from '../protocol/verdict.ts'
import { RemoteNode } from './remote-node.ts'
import type { ReplicaLink } from './replica-link.ts'

const path = 'a.txt' as FilePath
const { digest } = fileCopy('x')
const noticedMs = 2_250

let time: FakeTime
let served: Served
let node: RemoteNode
let asked: { request: Request; stream: Stream }[]

beforeEach(async () => {
  time = new FakeTime()
  asked = []
  served = await serve(time, (request, stream) => asked.push({ request, stream }), { role: 'coordinator' })
  const link = { name: 'server2' as NodeName, connection: served.peer.connection } as unknown as ReplicaLink
  node = new RemoteNode({ link, timers: time, readTimeoutMs: 2_000 })
})

afterEach(() => served.close())

const untilAsked = async (): Promise<Stream> => {
  await until(() => asked.length > 0, 'the question')
  return asked[0]!.stream
}

describe('without a link', () => {
  const down = { name: 'server2', connection: null, report: () => ({ reason: 'could not be reached (no)' }) }

  beforeEach(() => {
    node = new RemoteNode({ link: down as unknown as ReplicaLink, timers: time, readTimeoutMs: 2_000 })
  })

  test('it is unreachable at once, with the reason of the link', () => {
    expect(node.look(path, { deep: false, onProgress() {} })).toEqual({
      node: 'server2',
      copy: null,
      reason: 'could not be reached (no)',
    })
  })

  test('bytes and walks are refused with the reason', async () => {
    const refusal = { code: 'UNREACHABLE', message: 'server2 could not be reached (no)' }
    const sink = { closed: false, begin() {}, piece: async () => {} }
    await expect(node.pour(path, digest, sink)).rejects.toMatchObject(refusal)
    await expect(node.walk(wholeTree, true)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal)
  })
})

describe('a look', () => {
  test('is answered with what the replica says, and its progress is told', async () => {
    const progress: number[][] = []
    const answer = node.look(path, { deep: true, onProgress: (...bytes) => progress.push(bytes) })
    const stream = await untilAsked()
    expect(asked[0]!.request).toEqual({ opcode: 'LOOK', body: { path, deep: true, settledSeq: 0 } })
    stream.send('PROGRESS', { node: null, bytesDone: 5, bytesTotal: 9 })
    const at = neverJournaled(fileCopy('x'))
    stream.send('COPY', at, true)
    expect(await answer).toEqual({ node: 'server2', copy: at.copy, at })
    expect(progress).toEqual([[5, 9]])
    await time.pass(noticedMs)
    expect(time.timerCount).toBeLessThanOrEqual(2)
  })

  test('that the replica refuses is an answer without a copy', async () => {
    const answer = node.look(path, { deep: false, onProgress() {} })
    ;(await untilAsked()).fail(new ConcurError('BUSY', 'too much to do'))
    expect(await answer).toEqual({ node: 'server2', copy: null, reason: 'could not say: too much to do' })
  })

  test('that is answered with something else ends by silence', async () => {
    const answer = node.look(path, { deep: false, onProgress() {} })
    ;(await untilAsked()).send('VERDICT', refused('UNREACHABLE', 'nobody answers'), true)
    await turns(10)
    await time.pass(noticedMs)
    expect(await answer).toMatchObject({ copy: null, reason: 'did not answer within 2 s' })
  })

  test('that is not wanted any more is called off at the replica, and awaits nothing', async () => {
    let callOff = () => {}
    const { timerCount } = time
    let isAnswered = false
    const onWaiting = (how: () => void) => {
      callOff = how
    }
    void Promise.resolve(node.look(path, { deep: false, onProgress() {}, onWaiting })).then(() => {
      isAnswered = true
    })
    const stream = await untilAsked()
    callOff()
    await until(() => stream.ended, 'CANCEL')
    await time.pass(noticedMs)
    expect([isAnswered, time.timerCount <= timerCount]).toEqual([false, true])
  })

  test('that is given up is called off at the replica', async () => {
    const answer = node.look(path, { deep: false, onProgress() {} })
    const stream = await untilAsked()
    await time.pass(noticedMs)
    expect(await answer).toMatchObject({ copy: null })
    await until(() => stream.ended, 'the end of the stream')
    expect([served.acceptor.streamCount, served.peer.connection.streamCount]).toEqual([0, 0])
  })
})

describe('a body', () => {
  const pour = () => {
    const pieces: string[] = []
    const poured = node.pour(path, digest, {
      closed: false,
      begin: size => pieces.push(`begin ${size}`),
      piece: async (opcode, bytes) => void pieces.push(`${opcode} ${bytes.length}`),
    })
    return { pieces, poured }
  }

  test('names the replica in what went wrong', async () => {
    const { poured } = pour()
    ;(await untilAsked()).fail(new ConcurError('CHANGED', 'a.txt is not that content any more'))
    await expect(poured).rejects.toMatchObject({
      code: 'CHANGED',
      message: 'server2: a.txt is not that content any more',
    })
  })

  test('is waited for while the replica says that it works, and given up and called off when it does not', async () => {
    const { poured } = pour()
    const stream = await untilAsked()
    for (let beats = 0; beats < 20; beats++) {
      stream.send('PROGRESS', { node: null, bytesDone: beats, bytesTotal: 20 })
      await time.pass(500)
    }
    poured.catch(() => {})
    await time.pass(noticedMs)
    await expect(poured).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'server2 did not answer within 2 s',
    })
    await until(() => stream.ended, 'the end of the stream')
  })

  test('that is no whole body ends the link of that replica, and nobody else’s connection', async () => {
    const { poured, pieces } = pour()
    const stream = await untilAsked()
    void stream.sendFlow('BODY', { version: 0, size: 10 })
    void stream.sendPiece('CHUNK', Buffer.alloc(0), true)
    await expect(poured).rejects.toMatchObject({ code: 'BAD_FRAME' })
    expect(served.peer.connection.isOpen).toBe(false)
    expect(pieces).toEqual(['begin 10'])
  })
})

describe('a walk', () => {
  const page = (at: number): Entry[] => [fileEntry(`${'p'.repeat(200)}${at}`, 'x')]
  const sendPage = (stream: Stream, at: number): void =>
    void stream.sendFlow('ENTRIES', { entries: page(at) })

  test('gives page by page, and ends with the last', async () => {
    const paths: string[] = []
    const walked = (async () => {
      for await (const entries of node.walk(wholeTree, true)) paths.push(...entries.map(({ path }) => path))
    })()
    const stream = await untilAsked()
    sendPage(stream, 1)
    sendPage(stream, 2)
    void stream.sendFlow('ENTRIES', { entries: [] }, true)
    await walked
    expect(paths).toEqual([...page(1), ...page(2)].map(({ path }) => path))
  })

  test('of a replica that falls silent gives what came, and then fails', async () => {
    const walk = node.walk(wholeTree, true)[Symbol.asyncIterator]()
    const first = walk.next()
    sendPage(await untilAsked(), 1)
    expect((await first).value).toEqual(page(1))
    const second = walk.next()
    second.catch(() => {})
    await time.pass(noticedMs)
    await expect(second).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'server2 did not answer within 2 s',
    })
    await until(() => served.acceptor.streamCount === 0, 'the end of the stream')
  })

  test('that nobody goes on with for a while is not taken for silent', async () => {
    const walk = node.walk(wholeTree, true)[Symbol.asyncIterator]()
    const first = walk.next()
    const stream = await untilAsked()
    for (let at = 0; at < 5; at++) sendPage(stream, at)
    await first
    await time.pass(60_000)
    for (let at = 1; at < 5; at++) expect((await walk.next()).value).toEqual(page(at))
    void stream.sendFlow('ENTRIES', { entries: [] }, true)
    expect((await walk.next()).value).toEqual([])
  })

  test('holds no more than the credit while nobody goes on with it', async () => {
    const walk = node.walk(wholeTree, true)[Symbol.asyncIterator]()
    const first = walk.next()
    const stream = await untilAsked()
    let sent = 0
    const pages = (async () => {
      for (; sent < 100; sent++) {
        const entries = Array.from({ length: 100 }, (_, at) => page(at)[0]!)
        await stream.sendFlow('ENTRIES', { entries })
      }
    })()
    await first
    await turns(200)
    expect(sent * 100 * 200).toBeLessThan(streamCreditBytes + 100_000)
    expect(sent).toBeGreaterThan(20)
    await walk.return?.(undefined)
    await pages
    await until(() => served.acceptor.streamCount === 0, 'the end of the stream')
  })

  test('that is not wanted any more is called off at the replica', async () => {
    const walk = node.walk(wholeTree, true)[Symbol.asyncIterator]()
    const first = walk.next()
    const stream = await untilAsked()
    sendPage(stream, 1)
    await first
    await walk.return?.(undefined)
    await until(() => stream.ended, 'the end of the stream')
  })
})
