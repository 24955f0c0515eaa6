import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Connection } from '../protocol/connection.ts'
import type { Heartbeat } from '../protocol/messages.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Lookout } from './store/lookout/lookout.ts'
import type { TreeReport } from './store/lookout/report.ts'
import type { Store } from './store/store.ts'

let time: FakeTime
let heartbeats: Heartbeats
let report: TreeReport
let diskFreeBytes: number | null

/** A link that writes down when it was told what. */
function linkOf(): { link: Connection; heard: { atMs: number; heartbeat: Heartbeat }[] } {
  const heard: { atMs: number; heartbeat: Heartbeat }[] = []
  const sendHeartbeat = (heartbeat: Heartbeat) => heard.push({ atMs: time.monotonicMs(), heartbeat })
  return { link: { sendHeartbeat } as unknown as Connection, heard }
}

const timesOf = (heard: { atMs: number }[]): number[] => heard.map(({ atMs }) => atMs)

beforeEach(() => {
  time = new FakeTime()
  report = { files: 3, bytes: 40, scanAgeMs: 60_000, marks: 2, held: 'too much', unwatched: null }
  diskFreeBytes = 500
  heartbeats = new Heartbeats({
    timers: time,
    everyMs: 1_000,
    certificateEndsMs: 1_859_000_000_000,
    store: {
      diskFreeBytes: () => diskFreeBytes,
      promised: { number: 4 },
      journal: { durableSeq: 12 },
      settler: { settledSeq: 10 },
      fence: { reason: 'a flush failed' },
    } as unknown as Store,
    lookout: { report: () => report, marked: () => [7, 8] } as unknown as Lookout,
  })
})

test('a link hears one at once, though not within the call that opens it, and then one each second', async () => {
  const { link, heard } = linkOf()
  heartbeats.startFor(link)
  expect(heard).toEqual([])
  await turns(1)
  expect(timesOf(heard)).toEqual([0])
  time.passAtOnce(3_500)
  expect(timesOf(heard)).toEqual([0, 1_000, 2_000, 3_000])
})

test('a second link hears one at once too, and both go on with one timer', async () => {
  const [first, second] = [linkOf(), linkOf()]
  heartbeats.startFor(first.link)
  await turns(1)
  time.passAtOnce(700)
  heartbeats.startFor(second.link)
  expect(second.heard).toEqual([])
  await turns(1)
  time.passAtOnce(2_000)
  expect(timesOf(second.heard)).toEqual([700, 1_700, 2_700])
  expect(timesOf(first.heard)).toEqual([0, 700, 1_700, 2_700])
  expect(time.timerCount).toBe(1)
})

test('a link that is gone hears nothing more, and the other one goes on', async () => {
  const [first, second] = [linkOf(), linkOf()]
  heartbeats.startFor(first.link)
  heartbeats.startFor(second.link)
  await turns(1)
  heartbeats.stopFor(first.link)
  time.passAtOnce(1_000)
  expect([first.heard.length, second.heard.length]).toEqual([1, 2])
  heartbeats.stopFor(second.link)
  expect(time.timerCount).toBe(0)
})

test('what was never a link may stop, and no timer runs without a link', () => {
  heartbeats.stopFor(linkOf().link)
  expect(time.timerCount).toBe(0)
})

test('a link that comes after the last one was gone hears one at once', async () => {
  const [first, second] = [linkOf(), linkOf()]
  heartbeats.startFor(first.link)
  await turns(1)
  heartbeats.stopFor(first.link)
  heartbeats.startFor(second.link)
  await turns(1)
  expect(second.heard).toHaveLength(1)
})

test('closing ends all of them', async () => {
  const { link, heard } = linkOf()
  heartbeats.startFor(link)
  heartbeats.close()
  await turns(1)
  time.passAtOnce(5_000)
  expect(heard).toEqual([])
  expect(time.timerCount).toBe(0)
})

test('each says what is known then, and what is not known as null', async () => {
  const { link, heard } = linkOf()
  const unknown = {
    files: null,
    bytes: null,
    scanAgeMs: null,
    marks: null,
    held: null,
    unwatched: 'no watcher',
  }
  const known = report
  report = unknown
  diskFreeBytes = null
  heartbeats.startFor(link)
  await turns(1)
  report = known
  diskFreeBytes = 400
  time.passAtOnce(1_000)
  const position = { epoch: 4, journaledSeq: 12, settledSeq: 10, fenced: 'a flush failed' }
  const shared = { ...position, fingerprint: null, marked: [7, 8], certificateEndsMs: 1_859_000_000_000 }
  expect(heard.map(({ heartbeat }) => heartbeat)).toEqual([
    { ...shared, ...unknown, diskFreeBytes: null },
    { ...shared, ...known, diskFreeBytes: 400 },
  ])
})
