import { Pace } from './pace.ts'

test('the rate is that of the last seconds, and says how long the rest takes', () => {
  const pace = new Pace()
  expect([pace.rate, pace.leftMs(100)]).toEqual([null, null])
  for (let second = 0; second <= 10; second++)
    pace.note(second < 5 ? second : 5 + (second - 5) * 10, second * 1_000)
  expect(pace.rate).toBe(10)
  expect(pace.leftMs(155)).toBe(10_000)
})

test('work that starts anew is measured anew', () => {
  const pace = new Pace()
  pace.note(0, 0)
  pace.note(500, 1_000)
  pace.note(0, 2_000)
  expect(pace.rate).toBeNull()
  pace.note(100, 3_000)
  expect(pace.rate).toBe(100)
})

test('work that stands still takes nobody knows how long', () => {
  const pace = new Pace()
  pace.note(7, 0)
  pace.note(7, 1_000)
  expect(pace.leftMs(10)).toBeNull()
})
