/** A replica that is asked for the sums of its tree, played by a test. */
import { FakeTime } from '../fixtures/fake-time.ts'
import { fileEntry, sumOf } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Request } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { parsePath, wholeTree } from '../protocol/path.ts'
import type { Stream } from '../protocol/stream.ts'
import { RemoteNode } from './remote-node.ts'
import type { ReplicaLink } from './replica-link.ts'

const sum = sumOf([fileEntry('a', 'x'), fileEntry('b', 'y')])
const noticedMs = 2_250

let time: FakeTime
let served: Served
let node: RemoteNode
let asked: { request: Request; stream: Stream }[]
let unwanted: AbortController

beforeEach(async () => {
  time = new FakeTime()
  asked = []
  unwanted = new AbortController()
  served = await serve(time, (request, stream) => asked.push({ request, stream }), { role: 'coordinator' })
  const link = { name: 'server2' as NodeName, connection: served.peer.connection } as unknown as ReplicaLink
  node = new RemoteNode({ link, timers: time, readTimeoutMs: 2_000 })
})

afterEach(() => served.close())

function ask(onProgress: (...bytes: number[]) => void = () => {}) {
  const answer = node.sum(parsePath('folder'), { deep: true, signal: unwanted.signal, onProgress })
  answer.catch(() => {})
  return answer
}

async function untilAsked(): Promise<Stream> {
  await until(() => asked.length > 0, 'the question')
  return asked[0]!.stream
}

test('the sums are what the replica says, and its progress is told', async () => {
  const progress: number[][] = []
  const answer = ask((...bytes) => progress.push(bytes))
  const stream = await untilAsked()
  expect(asked[0]!.request).toEqual({ opcode: 'SUM', body: { path: 'folder', deep: true } })
  stream.send('PROGRESS', { node: null, bytesDone: 5, bytesTotal: 9 })
  void stream.sendFlow('SUMMED', sum, true)
  expect(await answer).toEqual(sum)
  expect(progress).toEqual([[5, 9]])
  await time.pass(10 * noticedMs)
  expect(await answer).toEqual(sum)
})

test('a replica that works says so and is waited for, however long', async () => {
  const answer = ask()
  const stream = await untilAsked()
  for (let second = 0; second < 30; second++) {
    stream.send('PROGRESS', { node: null, bytesDone: second, bytesTotal: 0 })
    await time.pass(1_000)
  }
  void stream.sendFlow('SUMMED', sum, true)
  expect(await answer).toEqual(sum)
})

test('a replica that falls silent is unreachable for the question, and is not asked any more', async () => {
  const answer = ask()
  const stream = await untilAsked()
  await time.pass(noticedMs)
  await expect(answer).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'server2 did not answer within 2 s',
  })
  await until(() => stream.ended, 'the end of the stream')
})

test('a refusal is told with the name of the replica', async () => {
  const answer = ask()
  ;(await untilAsked()).fail(new ConcurError('NOT_FOUND', 'folder is not there'))
  await expect(answer).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'server2: folder is not there' })
})

test('what is not wanted any more is called off at the replica', async () => {
  const answer = ask()
  const stream = await untilAsked()
  unwanted.abort()
  await expect(answer).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await until(() => stream.ended, 'the end of the stream')
})

test('without a link it is refused with the reason', async () => {
  const down = { name: 'server2', connection: null, report: () => ({ reason: 'could not be reached (no)' }) }
  node = new RemoteNode({ link: down as unknown as ReplicaLink, timers: time, readTimeoutMs: 2_000 })
  const message = 'server2 could not be reached (no)'
  await expect(ask()).rejects.toMatchObject({ code: 'UNREACHABLE', message })
})

test('a walk asks for the buckets that are wanted', async () => {
  for (const buckets of [null, new Set([7, 4095])]) {
    asked.length = 0
    const walk = node.walk(wholeTree, true, buckets)[Symbol.asyncIterator]()
    const first = walk.next()
    const stream = await untilAsked()
    const body = { path: '', recursive: true, buckets: buckets === null ? null : [7, 4095] }
    expect(asked[0]!.request).toEqual({ opcode: 'WALK', body })
    void stream.sendFlow('ENTRIES', { entries: [] }, true)
    expect((await first).value).toEqual([])
    await walk.return?.(undefined)
  }
})
