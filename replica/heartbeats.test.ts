import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Connection } from '../protocol/connection.ts'
import type { Incarnation } from '../protocol/ids.ts'
import type { Heartbeat } from '../protocol/messages.ts'
import type { Epoch } from '../protocol/record.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Census, Counts } from './store/census.ts'
import type { Store } from './store/store.ts'

let time: FakeTime
let heartbeats: Heartbeats
let counts: Counts | null
let diskFreeBytes: number | null
let position: { durableSeq: number; settledSeq: number; promised: Epoch | null; reason: string | null }

/** A link that writes down when it was told what. */
function linkOf(): { link: Connection; heard: { atMs: number; heartbeat: Heartbeat }[] } {
  const heard: { atMs: number; heartbeat: Heartbeat }[] = []
  const sendHeartbeat = (heartbeat: Heartbeat) => heard.push({ atMs: time.monotonicMs(), heartbeat })
  return { link: { sendHeartbeat } as unknown as Connection, heard }
}

const timesOf = (heard: { atMs: number }[]): number[] => heard.map(({ atMs }) => atMs)

beforeEach(() => {
  time = new FakeTime()
  counts = { files: 3, bytes: 40 }
  diskFreeBytes = 500
  position = { durableSeq: 0, settledSeq: 0, promised: null, reason: null }
  heartbeats = new Heartbeats({
    timers: time,
    everyMs: 1_000,
    store: {
      diskFreeBytes: () => diskFreeBytes,
      get promised() {
        return position.promised
      },
      journal: position,
      settler: position,
      fence: position,
    } as unknown as Store,
    census: { latest: () => counts } as unknown as Census,
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
  counts = null
  diskFreeBytes = null
  heartbeats.startFor(link)
  await turns(1)
  counts = { files: 4, bytes: 50 }
  diskFreeBytes = 400
  const incarnation = 'a'.repeat(32) as Incarnation
  const promised = { number: 7, incarnation }
  Object.assign(position, { durableSeq: 9, settledSeq: 8, promised, reason: 'a flush failed' })
  time.passAtOnce(1_000)
  const notKnown = { fingerprint: null, scanAgeMs: null, marks: null }
  expect(heard.map(({ heartbeat }) => heartbeat)).toEqual([
    {
      ...notKnown,
      ...{ epoch: null, journaledSeq: 0, settledSeq: 0 },
      ...{ files: null, bytes: null, diskFreeBytes: null, fenced: null },
    },
    {
      ...notKnown,
      ...{ epoch: 7, journaledSeq: 9, settledSeq: 8 },
      ...{ files: 4, bytes: 50, diskFreeBytes: 400, fenced: 'a flush failed' },
    },
  ])
})
