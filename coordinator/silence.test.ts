import { FakeTime } from '../fixtures/fake-time.ts'
import { Silence } from './silence.ts'

let time: FakeTime
let silence: Silence
let silent: string[]

beforeEach(() => {
  time = new FakeTime()
  silence = new Silence({ timers: time, limitMs: 2_000 })
  silent = []
})

test('who says nothing is given up after the limit, once, and not before', () => {
  silence.begin(() => silent.push(`at ${time.monotonicMs()}`))
  time.passAtOnce(2_000)
  expect(silent).toEqual([])
  time.passAtOnce(250)
  expect(silent).toEqual(['at 2250'])
  time.passAtOnce(10_000)
  expect(silent).toHaveLength(1)
})

test('a wait that begins just before a tick has the whole limit too', () => {
  silence.begin(() => {})
  time.passAtOnce(249)
  silence.begin(() => silent.push(`at ${time.monotonicMs()}`))
  time.passAtOnce(2_000)
  expect(silent).toEqual([])
  time.passAtOnce(1)
  expect(silent).toEqual(['at 2250'])
})

test('who says something now and then is waited for, for ever', () => {
  const wait = silence.begin(() => silent.push('given up'))
  for (let second = 0; second < 100; second++) {
    time.passAtOnce(1_900)
    wait.heard()
  }
  expect(silent).toEqual([])
  time.passAtOnce(2_250)
  expect(silent).toEqual(['given up'])
})

test('while it is our turn nothing is due, and after it the whole limit again', () => {
  const wait = silence.begin(() => silent.push('given up'))
  time.passAtOnce(1_999)
  wait.hold()
  time.passAtOnce(60_000)
  wait.heard()
  time.passAtOnce(2_000)
  expect(silent).toEqual([])
  time.passAtOnce(250)
  expect(silent).toEqual(['given up'])
})

test('each wait is for itself', () => {
  const first = silence.begin(() => silent.push('first'))
  silence.begin(() => silent.push('second'))
  time.passAtOnce(1_500)
  first.heard()
  time.passAtOnce(750)
  expect(silent).toEqual(['second'])
  time.passAtOnce(1_500)
  expect(silent).toEqual(['second', 'first'])
})

test('a wait that is over gives nobody up', () => {
  silence.begin(() => silent.push('given up')).end()
  time.passAtOnce(10_000)
  expect(silent).toEqual([])
})

test('no timer runs while nothing waits, and one for all that do', () => {
  expect(time.timerCount).toBe(0)
  const waits = [silence.begin(() => {}), silence.begin(() => {}), silence.begin(() => {})]
  expect(time.timerCount).toBe(1)
  time.passAtOnce(700)
  expect(time.timerCount).toBe(1)
  for (const wait of waits) wait.end()
  time.passAtOnce(250)
  expect(time.timerCount).toBe(0)
  silence.begin(() => silent.push('anew'))
  time.passAtOnce(2_250)
  expect(silent).toEqual(['anew'])
})

test('what gives one wait up may end another and begin a third', () => {
  silence.begin(() => {
    silent.push('first')
    second.end()
    silence.begin(() => silent.push('third'))
  })
  const second = silence.begin(() => silent.push('second'))
  time.passAtOnce(2_250)
  expect(silent).toEqual(['first'])
  time.passAtOnce(2_250)
  expect(silent).toEqual(['first', 'third'])
})

test('the pause of a process that was itself stopped is not taken for silence', () => {
  const due: (() => void)[] = []
  const after = (_: number, act: () => void) => {
    due.push(act)
    return () => {}
  }
  const timers = { after, endOfTurn() {} }
  const fireDue = (): void => {
    for (const act of due.splice(0)) act()
  }
  const patient = new Silence({ timers, limitMs: 2_000 })
  patient.begin(() => silent.push('given up'))
  // After a minute's stop one timer is due, not thirty.
  fireDue()
  expect(silent).toEqual([])
  for (let tick = 1; tick < 9; tick++) fireDue()
  expect(silent).toEqual(['given up'])
})
