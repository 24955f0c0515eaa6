import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import { askWait } from './ask-wait.ts'

let time: FakeTime
let served: Served
let stream: Stream | null
/** What the server hears of its stream. */
let heard: { failed: ConcurError | null }

beforeEach(async () => {
  time = new FakeTime()
  stream = null
  const own = { failed: null as ConcurError | null }
  heard = own
  served = await serve(time, (_, opened) => {
    stream = opened
    opened.listen({
      onMessage: () => {},
      onFailed: error => {
        own.failed = error
      },
    })
  })
})

afterEach(() => served.close())

/** Timers before the question. */
let timersBefore: number

async function asked() {
  timersBefore = time.timerCount
  const { connection } = served.peer
  const wish = { path: parsePath('a'), timeoutMs: 60_000 }
  const answer = askWait({ connection, request: wish, timers: time, silenceMs: 8_000 })
  answer.catch(() => {})
  await until(() => stream !== null, 'the question')
  return { answer, stream: stream! }
}

test('the answer is the server’s one frame, and nothing is awaited behind it', async () => {
  const { answer, stream } = await asked()
  stream.send('WAITED', { seq: 3, behind: [] }, true)
  expect(await answer).toEqual({ seq: 3, behind: [] })
  expect(time.timerCount).toBe(timersBefore)
  await time.pass(60_000)
  expect(heard.failed).toBeNull()
})

test('a server that says that it works is waited for', async () => {
  const { answer, stream } = await asked()
  for (let at = 0; at < 10; at++) {
    await time.pass(5_000)
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    await turns(5)
  }
  stream.send('WAITED', { seq: 3, behind: [] }, true)
  expect((await answer).seq).toBe(3)
})

test('a server that says nothing is given up, and is told so', async () => {
  const { answer } = await asked()
  await time.pass(9_000)
  await expect(answer).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'the server said nothing for 8 s',
  })
  await until(() => heard.failed !== null, 'CANCEL')
})

test('a server that refuses says why', async () => {
  const { answer, stream } = await asked()
  stream.fail(new ConcurError('BUSY', 'too many'))
  await expect(answer).rejects.toMatchObject({ code: 'BUSY', message: 'too many' })
  expect(time.timerCount).toBe(timersBefore)
})

test('a server that answers something else has made a mistake, by which the connection ends', async () => {
  const { answer, stream } = await asked()
  stream.send('SURVEYED', { places: [] }, true)
  await expect(answer).rejects.toMatchObject({ code: 'BAD_FRAME' })
  await until(() => served.peer.closed !== null, 'the end of the connection')
})

test('a connection that is lost ends the waiting', async () => {
  const { answer } = await asked()
  served.acceptor.close('UNREACHABLE', 'the server stops')
  await expect(answer).rejects.toMatchObject({ code: 'UNREACHABLE' })
})
