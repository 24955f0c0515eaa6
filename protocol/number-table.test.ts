import fc from 'fast-check'
import { NumberTable } from './number-table.ts'

interface Value {
  readonly text: string
}

test('it holds what a Map would hold, whatever comes and goes', () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 40 }), text: fc.string(), gone: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const table = new NumberTable<Value>()
      const map = new Map<number, Value>()
      for (const { key, text, gone } of steps) {
        const value = { text }
        if (gone) {
          table.delete(key)
          map.delete(key)
        } else {
          table.set(key, value)
          map.set(key, value)
        }
        for (let one = 0; one <= 40; one++) expect(table.get(one)).toBe(map.get(one))
        expect(table.size).toBe(map.size)
      }
      expect(new Set(table.all())).toEqual(new Set(map.values()))
    }),
    { numRuns: 200 },
  )
})

test('numbers beyond 2^31 are keys as any other', () => {
  const table = new NumberTable<Value>()
  const keys = [2 ** 32 - 1, 2 ** 31, 2 ** 31 + 8, 7, 15]
  for (const key of keys) table.set(key, { text: `${key}` })
  table.delete(7)
  expect(keys.map(key => table.get(key)?.text)).toEqual([
    '4294967295',
    '2147483648',
    '2147483656',
    undefined,
    '15',
  ])
})
