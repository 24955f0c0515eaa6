import { backoffMs, replicaState } from './liveness.ts'

describe('a replica', () => {
  test.each([
    [0, 'up'],
    [3_000, 'up'],
    [3_001, 'suspect'],
    [9_000, 'suspect'],
    [9_001, 'down'],
  ])('that was heard %d ms ago, of 3,000 allowed, is %s', (heardMsAgo, state) => {
    expect(replicaState({ isOpen: true, isInSync: true, heardMsAgo }, 3_000)).toBe(state)
  })

  test.each([0, 3_001, 9_000])(
    'that changes do not wait for is catching up, also %d ms after it was heard',
    ms => {
      expect(replicaState({ isOpen: true, isInSync: false, heardMsAgo: ms }, 3_000)).toBe('catching-up')
    },
  )

  test('that changes do not wait for is down after three timeouts all the same', () => {
    expect(replicaState({ isOpen: true, isInSync: false, heardMsAgo: 9_001 }, 3_000)).toBe('down')
  })

  test('without a link is down, however lately it was heard', () => {
    expect(replicaState({ isOpen: false, isInSync: false, heardMsAgo: 0 }, 3_000)).toBe('down')
  })
})

describe('the pause before the next dial', () => {
  test('doubles from 100 ms to 5 s', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 1_000_000].map(attempts => backoffMs(attempts, 0))
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
  })

  test('is shorter by chance, by half at the most, and never below 100 ms', () => {
    for (let attempts = 1; attempts <= 20; attempts++) {
      const full = backoffMs(attempts, 0)
      for (const fraction of [0.1, 0.5, 0.999_999]) {
        const pause = backoffMs(attempts, fraction)
        expect(pause).toBeGreaterThanOrEqual(Math.max(100, full / 2))
        expect(pause).toBeLessThanOrEqual(full)
      }
    }
    expect(backoffMs(3, 0.5)).toBe(300)
  })
})
