import fc from 'fast-check'
import { Unordered } from './unordered.ts'

test('what was added and not removed is there, each once, and a second removal changes nothing', () => {
  const act = fc.record({ adds: fc.boolean(), number: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(act), acts => {
      const things = Array.from({ length: 21 }, (_, number) => ({ place: -1, number }))
      const there = new Set<number>()
      const list = new Unordered<(typeof things)[number]>()
      for (const { adds, number } of acts) {
        if (adds && !there.has(number)) list.add(things[number]!)
        if (!adds) list.remove(things[number]!)
        if (adds) there.add(number)
        else there.delete(number)
      }
      expect(list.size).toBe(there.size)
      expect(new Set(list.all().map(({ number }) => number))).toEqual(there)
    }),
  )
})

test('what comes and goes while all are gone through changes nothing', () => {
  const list = new Unordered<{ place: number }>()
  list.add({ place: -1 })
  list.add({ place: -1 })
  for (const one of list.all()) {
    list.remove(one)
    list.add({ place: -1 })
  }
  expect(list.size).toBe(2)
})
