import { FakeTime } from '../../../fixtures/fake-time.ts'
import { recountMinMs, restMinMs, ScanTimes, scanEveryMs, scanUnwatchedEveryMs } from './scan-times.ts'

let time: FakeTime
let times: ScanTimes
let due: number[]

beforeEach(() => {
  time = new FakeTime()
  due = []
  times = new ScanTimes({ clock: time, timers: time, onDue: () => due.push(time.monotonicMs()) })
})

test('the next scan begins an hour after the end of one, and none by itself after that', () => {
  time.passAtOnce(500)
  times.ended(0, true)
  time.passAtOnce(10 * scanEveryMs)
  expect(due).toEqual([500 + scanEveryMs])
})

test('it begins sooner where nothing hints at what happens', () => {
  times.ended(0, false)
  time.passAtOnce(scanEveryMs)
  expect(due).toEqual([scanUnwatchedEveryMs])
})

test('soon is at once when there was none yet, and after a rest behind one', () => {
  times.soon()
  time.passAtOnce(0)
  expect(due).toEqual([0])
  times.ended(0, true)
  times.soon()
  times.soon()
  time.passAtOnce(restMinMs)
  expect(due).toEqual([0, restMinMs])
})

test('after a long scan even soon takes ten times as long, so that scans take a tenth of the time at the most', () => {
  time.passAtOnce(60_000)
  times.ended(0, true)
  times.soon()
  time.passAtOnce(599_999)
  expect(due).toEqual([])
  time.passAtOnce(1)
  expect(due).toEqual([660_000])
})

test('what changed is counted anew after a minute, and after a long scan not before sixty times as long', () => {
  times.ended(0, true)
  times.changed()
  time.passAtOnce(recountMinMs)
  expect(due).toEqual([recountMinMs])
  time.passAtOnce(20_000)
  times.ended(recountMinMs, true)
  times.changed()
  times.changed()
  time.passAtOnce(60 * 20_000 - 1)
  expect(due).toHaveLength(1)
  time.passAtOnce(1)
  expect(due).toHaveLength(2)
})

test('a scan that takes hours is followed by a rest all the same', () => {
  time.passAtOnce(10 * scanEveryMs)
  times.ended(0, true)
  time.passAtOnce(99 * scanEveryMs)
  expect(due).toEqual([])
  time.passAtOnce(scanEveryMs)
  expect(due).toHaveLength(1)
})

test('nothing is due after a stop', () => {
  times.ended(0, true)
  times.stop()
  times.soon()
  times.ended(0, false)
  time.passAtOnce(10 * scanEveryMs)
  expect([due, time.timerCount]).toEqual([[], 0])
})
