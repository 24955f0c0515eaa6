import { jest } from '@jest/globals'
import { realClock, realRandom, realTimers } from './world.ts'

describe('timers', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test('act once, when the time is over, and not when they were called off', () => {
    const acts: string[] = []
    realTimers().after(1_000, () => acts.push('kept'))
    const cancel = realTimers().after(1_000, () => acts.push('called off'))
    jest.advanceTimersByTime(999)
    expect(acts).toEqual([])
    cancel()
    jest.advanceTimersByTime(5_000)
    expect(acts).toEqual(['kept'])
    cancel()
  })

  test('wait for longer than one timeout of the runtime can', () => {
    const days40Ms = 40 * 86_400_000
    const acts: string[] = []
    realTimers().after(days40Ms, () => acts.push('kept'))
    const cancel = realTimers().after(days40Ms, () => acts.push('called off'))
    jest.advanceTimersByTime(days40Ms - 1)
    expect(acts).toEqual([])
    cancel()
    jest.advanceTimersByTime(1)
    expect(acts).toEqual(['kept'])
  })
})

test('the end of a turn comes after the promises of the turn', async () => {
  const order: string[] = []
  const ended = new Promise<void>(resolve =>
    realTimers().endOfTurn(() => resolve(void order.push('end of turn'))),
  )
  await Promise.resolve()
  order.push('promise')
  await ended
  expect(order).toEqual(['promise', 'end of turn'])
})

test('the monotonic clock does not go back and the wall clock is that of the machine', () => {
  const clock = realClock()
  const first = clock.monotonicMs()
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(first)
  expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1_000)
})

test('random bytes differ and fractions lie in [0, 1)', () => {
  const random = realRandom()
  expect(random.bytes(16)).toHaveLength(16)
  expect(random.bytes(16).equals(random.bytes(16))).toBe(false)
  const fractions = Array.from({ length: 1_000 }, () => random.fraction())
  expect(fractions.every(fraction => fraction >= 0 && fraction < 1)).toBe(true)
  expect(new Set(fractions).size).toBeGreaterThan(990)
})
