/** A replica that is asked for its condition, played by a test. */
import { FakeTime } from '../fixtures/fake-time.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Request } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Stream } from '../protocol/stream.ts'
import { RemoteNode } from './remote-node.ts'
import type { ReplicaLink } from './replica-link.ts'

const condition = {
  version: '1.2.3',
  nowMs: 7,
  fileSystem: 'ext4',
  disk: 'one',
  closed: null,
  closedFirst: null,
  deepVerifiedMs: null,
}

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

async function ask() {
  const answer = node.condition()
  answer.catch(() => {})
  await until(() => asked.length > 0, 'the question')
  return { answer, stream: asked[0]!.stream }
}

test('what it says is its condition, and nothing waits any more', async () => {
  const { answer, stream } = await ask()
  expect(asked[0]!.request).toEqual({ opcode: 'CONDITION', body: {} })
  stream.send('CONDITION_IS', condition, true)
  expect(await answer).toEqual(condition)
  expect(served.peer.connection.streamCount).toBe(0)
})

test('what it refuses is told with its name', async () => {
  const { answer, stream } = await ask()
  stream.fail(new ConcurError('IO_ERROR', 'the disk is gone'))
  await expect(answer).rejects.toMatchObject({ code: 'IO_ERROR', message: 'server2: the disk is gone' })
})

test('another answer is none', async () => {
  const { answer, stream } = await ask()
  stream.send('RECALLED', { executable: null }, true)
  await expect(answer).rejects.toMatchObject({ code: 'BAD_FRAME' })
})

test('a node that says nothing is given up', async () => {
  const { answer } = await ask()
  await time.pass(2_500)
  await expect(answer).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'server2 did not answer within 2 s',
  })
})
