import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { turnMsMax } from './limits.ts'
import { ShortTurns } from './short-turns.ts'

let time: FakeTime
let short: ShortTurns
let done: string[]
/** What work has taken: it keeps the thread, so that no timer fires. */
let workedMs: number
beforeEach(() => {
  time = new FakeTime()
  workedMs = 0
  const clock = { nowMs: () => time.nowMs(), monotonicMs: () => time.monotonicMs() + workedMs }
  short = new ShortTurns({ clock, timers: time })
  done = []
})

/** Work that takes so long. */
function work(name: string, ms: number): () => void {
  return () => {
    done.push(name)
    workedMs += ms
  }
}

test('a turn does what fits into its time, the rest comes in order with the next ones', async () => {
  for (const name of ['a', 'b', 'c', 'd']) short.endOfTurn(work(name, turnMsMax / 2))
  await turns(1)
  expect(done).toEqual(['a', 'b'])
  await turns(1)
  expect(done).toEqual(['a', 'b', 'c', 'd'])
})

test('what takes longer than a turn is done all the same, one a turn', async () => {
  for (const name of ['a', 'b']) short.endOfTurn(work(name, 10 * turnMsMax))
  await turns(1)
  expect(done).toEqual(['a'])
  await turns(1)
  expect(done).toEqual(['a', 'b'])
})

test('what work puts there waits for the next turn, behind all that waits already', async () => {
  short.endOfTurn(() => {
    work('a', turnMsMax)()
    short.endOfTurn(work('of a', 0))
  })
  short.endOfTurn(work('b', 0))
  await turns(1)
  expect(done).toEqual(['a'])
  await turns(1)
  expect(done).toEqual(['a', 'b', 'of a'])
})

test('a turn is over once its time is, and the next one is not', async () => {
  expect(short.isOver).toBe(false)
  workedMs += turnMsMax
  expect(short.isOver).toBe(true)
  await turns(2)
  expect(short.isOver).toBe(false)
})

test('timers that are due at once share turns, too', async () => {
  for (const name of ['a', 'b', 'c']) short.after(100, work(name, turnMsMax))
  time.passAtOnce(100)
  expect(done).toEqual(['a'])
  await turns(1)
  expect(done).toEqual(['a', 'b'])
  await turns(1)
  expect(done).toEqual(['a', 'b', 'c'])
})

test('a timer that is called off while it waits for its turn is called off', async () => {
  short.after(100, work('a', turnMsMax))
  const callOff = short.after(100, work('b', 0))
  short.after(100, work('c', 0))
  time.passAtOnce(100)
  callOff()
  await turns(3)
  expect(done).toEqual(['a', 'c'])
})
