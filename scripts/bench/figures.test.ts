import { isReached, measureInTurn, quantile, ratiosOf, spreadOf } from './figures.ts'

test('the median of an even number of values lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 })
  expect(spreadOf([10, 9, 100])).toEqual({ min: 9, median: 10, max: 100 })
})

test('nothing measured is an error, not a figure', () => {
  expect(() => spreadOf([])).toThrow('nothing was measured')
})

test('what was measured in one round is compared with what was measured in the same round', () => {
  expect(ratiosOf([10, 30], [20, 10])).toEqual([0.5, 3])
})

test('99 of 100 values lie below the 99th percentile', () => {
  const sorted = Array.from({ length: 100 }, (_, at) => at)
  expect(quantile(sorted, 0.99)).toBe(99)
  expect(quantile([7], 0.99)).toBe(7)
})

test('a goal is reached from its own side', () => {
  expect(isReached({ is: 'at least', value: 0.6 }, 0.6)).toBe(true)
  expect(isReached({ is: 'at least', value: 0.6 }, 0.59)).toBe(false)
  expect(isReached({ is: 'at most', value: 20 }, 21)).toBe(false)
})

test('each is warmed up once and then measured in turn, every other round backwards', async () => {
  const order: string[] = []
  const measured = ['a', 'b'].map(name => ({
    name,
    async measure(round: number) {
      order.push(`${name}${round}`)
      return round
    },
  }))
  expect(await measureInTurn(2, measured)).toEqual({ a: [1, 2], b: [1, 2] })
  expect(order.join(' ')).toBe('a0 b0 a1 b1 b2 a2')
})
