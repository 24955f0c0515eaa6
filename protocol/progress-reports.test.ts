import { FakeTime } from '../fixtures/fake-time.ts'
import { ManualTransport } from '../fixtures/manual-transport.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import { readFrames } from '../fixtures/wire-frames.ts'
import { Outbox } from './outbox.ts'
import { ProgressReports } from './progress-reports.ts'
import { Stream } from './stream.ts'

let time: FakeTime
let reports: ProgressReports
let transport: ManualTransport
let outbox: Outbox

beforeEach(() => {
  time = new FakeTime()
  reports = new ProgressReports(time)
  transport = new ManualTransport()
  outbox = new Outbox({ transport, timers: time, onStuck() {}, onDrained() {} })
})

const streamOf = (id: number) => new Stream({ id, outbox, onEnded() {} })

/** What was said until now: stream and bytes done. */
function said(): string[] {
  outbox.flush()
  while (transport.flush() !== null);
  return readFrames(transport.written).map(({ stream, opcode, fin, body }) => {
    expect([opcode, fin]).toEqual(['PROGRESS', false])
    return `${stream}: ${(body as { bytesDone: number }).bytesDone}`
  })
}

const at = (bytesDone: number) => ({ node: null, bytesDone, bytesTotal: 100 })

test('a request that is worked on is reported twice a second, with the latest figures', () => {
  const stream = streamOf(1)
  const report = reports.begin(stream)
  time.passAtOnce(999)
  expect(said()).toEqual([])
  report.update(at(10))
  report.update(at(20))
  time.passAtOnce(1)
  expect(said()).toEqual(['1: 20'])
  time.passAtOnce(500)
  report.update(at(30))
  time.passAtOnce(500)
  expect(said()).toEqual(['1: 20', '1: 20', '1: 30'])
})

test('nobody waits longer than a second for the first report, whenever the request comes', () => {
  reports.begin(streamOf(1))
  time.passAtOnce(499)
  reports.begin(streamOf(2))
  time.passAtOnce(501)
  expect(said()).toEqual(['1: 0', '2: 0'])
})

test('a request that was answered is not reported any more, and without any there is no timer', () => {
  const report = reports.begin(streamOf(1))
  report.end()
  time.passAtOnce(5_000)
  expect(said()).toEqual([])
  expect(time.timerCount).toBe(0)
  report.update(at(1))
  report.end()
})

test('a request whose stream has ended is forgotten', () => {
  const stream = streamOf(1)
  reports.begin(stream)
  stream.send('COPY', neverJournaled({ is: 'absent' }), true)
  time.passAtOnce(1_000)
  expect(time.timerCount).toBe(0)
})

test('one timer serves all requests, and a new one begins when there are requests again', () => {
  const streams = [1, 2, 3].map(streamOf)
  const begun = streams.map(stream => reports.begin(stream))
  expect(time.timerCount).toBe(1)
  for (const report of begun) report.end()
  time.passAtOnce(500)
  expect(time.timerCount).toBe(0)
  reports.begin(streams[0]!)
  time.passAtOnce(1_000)
  expect(said()).toEqual(['1: 0'])
})
