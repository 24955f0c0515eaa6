import { loggedOf } from '../../fixtures/client-changes.ts'
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { LogRequest } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import { followLog } from './follow-log.ts'

let time: FakeTime
let served: Served
let asked: LogRequest | null
let stream: Stream
/** What the server hears of its stream. */
let heard: { failed: ConcurError | null }

beforeEach(async () => {
  time = new FakeTime()
  asked = null
  const own = { failed: null as ConcurError | null }
  heard = own
  served = await serve(time, (request, opened) => {
    asked = request.body as LogRequest
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

const logging = (wish = {}) =>
  followLog({
    connection: served.peer.connection,
    wish: { path: parsePath('a'), ...wish },
    timers: time,
    silenceMs: 8_000,
  })

/** Takes what comes, until the end or an error. */
function taken(wish = {}) {
  const state = { seqs: [] as number[], error: null as unknown, isOver: false }
  void (async () => {
    try {
      for await (const { seq } of logging(wish)) state.seqs.push(seq)
    } catch (error) {
      state.error = error
    }
    state.isOver = true
  })()
  return state
}

const page = (...seqs: number[]) => ({ operations: seqs.map(seq => loggedOf(seq)) })
const untilAsked = () => until(() => asked !== null, 'LOG')

test('what is not wished is not asked', async () => {
  taken({ last: 3 })
  await untilAsked()
  expect(asked).toEqual({ path: 'a', sinceSeq: null, last: 3, follow: false })
})

test('operations come in their order, page after page, until the last one', async () => {
  const state = taken()
  await untilAsked()
  void stream.sendFlow('LOGGED', page(1, 2))
  void stream.sendFlow('LOGGED', page(3))
  await until(() => state.seqs.length === 3, 'operations')
  expect(state.isOver).toBe(false)
  void stream.sendFlow('LOGGED', page(), true)
  await until(() => state.isOver, 'the end')
  expect([state.seqs, state.error]).toEqual([[1, 2, 3], null])
  await time.pass(60_000)
  expect(heard.failed).toBeNull()
})

test('who leaves the loop ends the request', async () => {
  const log = logging({ follow: true })
  const first = log.next()
  await untilAsked()
  void stream.sendFlow('LOGGED', page(1, 2))
  expect((await first).value).toMatchObject({ seq: 1 })
  await log.return(undefined)
  await until(() => heard.failed !== null, 'CANCEL')
})

test('what came before a failure is given before it is thrown', async () => {
  const log = logging()
  const first = log.next()
  await untilAsked()
  void stream.sendFlow('LOGGED', page(1))
  void stream.sendFlow('LOGGED', page(2))
  await first
  await turns(20)
  stream.fail(new ConcurError('IO_ERROR', 'record 3 is damaged'))
  await turns(20)
  expect((await log.next()).value).toMatchObject({ seq: 2 })
  await expect(log.next()).rejects.toMatchObject({ code: 'IO_ERROR' })
})

test('a server that falls silent is given up, and one that says that it works is not', async () => {
  const state = taken({ follow: true })
  await untilAsked()
  for (let at = 0; at < 10; at++) {
    await time.pass(5_000)
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    await turns(5)
  }
  expect(state.isOver).toBe(false)
  await time.pass(9_000)
  await until(() => state.isOver, 'the end')
  expect(state.error).toMatchObject({ code: 'TIMEOUT', message: 'the server said nothing for 8 s' })
  await until(() => heard.failed !== null, 'CANCEL')
})

test('while a page is worked on the server owes nothing', async () => {
  const log = logging({ follow: true })
  const first = log.next()
  await untilAsked()
  void stream.sendFlow('LOGGED', page(1, 2))
  await first
  await time.pass(60_000)
  expect(heard.failed).toBeNull()
  expect((await log.next()).value).toMatchObject({ seq: 2 })
  const third = log.next()
  third.catch(() => {})
  await time.pass(9_000)
  await expect(third).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('a reader that is slow holds the server back', async () => {
  const log = logging({ follow: true })
  const first = log.next()
  await untilAsked()
  let left = 0
  const large = { operations: Array.from({ length: 500 }, (_, at) => loggedOf(at + 1)) }
  for (let at = 0; at < 40; at++)
    void stream.sendFlow('LOGGED', large).then(() => {
      left++
    })
  await first
  await turns(100)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(40)
  for (let at = 1; at < 40 * 500; at++) await log.next()
  await until(() => left === 40, 'the last page')
  await log.return(undefined)
})

test('anything else in the answer is the server’s mistake', async () => {
  const state = taken()
  await untilAsked()
  stream.send('SURVEYED', { places: [] }, true)
  await until(() => state.isOver, 'the end')
  expect(state.error).toMatchObject({ code: 'BAD_FRAME' })
  await until(() => served.peer.closed !== null, 'the end of the connection')
})
