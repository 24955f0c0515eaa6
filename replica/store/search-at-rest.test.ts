import { FakeTime } from '../../fixtures/fake-time.ts'
import { type Search, type Settling, searchAtRest } from './search-at-rest.ts'

const withinMs = 2_000

let time: FakeTime
let settler: Settling & { settledSeq: number; committedSeq: number }
let settle: (seq: number) => void

beforeEach(() => {
  time = new FakeTime()
  const listeners = new Set<Parameters<Settling['listen']>[0]>()
  settler = {
    settledSeq: 1,
    committedSeq: 3,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  settle = seq => {
    settler.settledSeq = seq
    for (const { onSettled } of [...listeners]) onSettled?.(seq, [], { type: 'begin', members: [] })
  }
})

/** A search that comes across records 2 to `last`, finds what the list has for its turn, and counts. */
function searchFor(turns: readonly (string | null)[], last = 3) {
  const made = { times: 0 }
  const search: Search<string>['search'] = async seen => {
    for (let seq = 2; seq <= last; seq++) seen(seq)
    return turns[made.times++] ?? null
  }
  return { made, search }
}

test.each([null, withinMs])('what a record puts down is found once that is settled (%p ms)', async within => {
  const { made, search } = searchFor([null, 'found'])
  const found = searchAtRest({ settler, timers: time }, { seq: 1, search, withinMs: within })
  await time.pass(withinMs - 1)
  expect(made.times).toBe(1)
  settle(3)
  expect(await found).toBe('found')
  expect(time.timerCount).toBe(0)
})

test('a search in which nothing was on its way is the only one', async () => {
  settler.settledSeq = 3
  const { made, search } = searchFor([null, 'found'])
  expect(await searchAtRest({ settler, timers: time }, { seq: 1, search, withinMs })).toBeNull()
  expect(made.times).toBe(1)
})

test('a record that is not committed moves nothing, and is not waited for', async () => {
  settler.committedSeq = 1
  const { made, search } = searchFor([null, 'found'])
  expect(await searchAtRest({ settler, timers: time }, { seq: 1, search, withinMs: null })).toBeNull()
  expect(made.times).toBe(1)
})

test('a record that is never settled is waited for no longer than was said, and a last search follows', async () => {
  const { made, search } = searchFor([null, null, 'too late'])
  const found = searchAtRest({ settler, timers: time }, { seq: 1, search, withinMs })
  await time.pass(withinMs)
  expect(await found).toBeNull()
  expect([made.times, time.timerCount]).toEqual([2, 0])
})

test('what moves on before every search is given up after ten', async () => {
  settler.committedSeq = 100
  const made = { times: 0 }
  const search: Search<string>['search'] = async seen => {
    made.times++
    seen(settler.settledSeq + 1)
    settle(settler.settledSeq + 1)
    return null
  }
  expect(await searchAtRest({ settler, timers: time }, { seq: 1, search, withinMs })).toBeNull()
  expect(made.times).toBe(10)
})
