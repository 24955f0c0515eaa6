import { FakeTime } from '../fixtures/fake-time.ts'
import { Silence } from './silence.ts'

let time: FakeTime
let times: number
let silence: Silence

beforeEach(() => {
  time = new FakeTime()
  times = 0
  silence = new Silence({ timers: time, limitMs: 8_000, onSilent: () => times++ })
})

test('a server that says nothing for the limit is silent, once', async () => {
  await time.pass(8_000)
  expect(times).toBe(0)
  await time.pass(1_000)
  expect(times).toBe(1)
  await time.pass(60_000)
  expect([times, time.timerCount]).toEqual([1, 0])
})

test('a word begins the limit anew', async () => {
  await time.pass(8_000)
  silence.heard()
  await time.pass(8_000)
  expect(times).toBe(0)
  await time.pass(1_000)
  expect(times).toBe(1)
})

test('while it is our turn the server owes nothing, and afterwards the whole limit', async () => {
  await time.pass(8_000)
  silence.hold()
  await time.pass(60_000)
  silence.release()
  await time.pass(8_000)
  expect(times).toBe(0)
  await time.pass(1_000)
  expect(times).toBe(1)
})

test('patience is counted in ticks of the timer: a pause of our own process is one, however long it was', () => {
  let tick = () => {}
  const late = {
    after: (_: number, act: () => void) => {
      tick = act
      return () => {}
    },
    endOfTurn: () => {},
  }
  new Silence({ timers: late, limitMs: 8_000, onSilent: () => times++ })
  for (let at = 0; at < 8; at++) tick()
  expect(times).toBe(0)
  tick()
  expect(times).toBe(1)
})

test('patience that is ended leaves no timer', async () => {
  silence.end()
  expect(time.timerCount).toBe(0)
  await time.pass(60_000)
  expect(times).toBe(0)
})
