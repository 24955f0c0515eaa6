import { at } from '../changes.fixture.ts'
import { Hints } from './hints.ts'

test('each path is there once, with the most that was said of it', () => {
  const hints = new Hints()
  hints.add(at('a'), 'thing')
  hints.add(at('a'), 'lost folder')
  hints.add(at('a'), 'thing')
  hints.add(at('b'), 'new folder')
  hints.add(at('b'), 'thing')
  expect([...hints.takeAll()]).toEqual([
    ['a', 'lost folder'],
    ['b', 'new folder'],
  ])
  expect(hints.isEmpty).toBe(true)
})

test('a folder that went and came is one that went: what was below it has to be looked for', () => {
  const hints = new Hints()
  hints.add(at('a'), 'lost folder')
  hints.add(at('a'), 'new folder')
  hints.add(at('b'), 'new folder')
  hints.add(at('b'), 'lost folder')
  expect([...hints.takeAll().values()]).toEqual(['lost folder', 'lost folder'])
})

test('what waits for its record comes back when it is released, once', () => {
  const hints = new Hints()
  expect(hints.wait(at('a'))).toBe(true)
  expect([hints.isEmpty, hints.hasWaiting]).toEqual([true, true])
  expect(hints.release()).toBe(true)
  expect([[...hints.takeAll().keys()], hints.hasWaiting, hints.isEmpty]).toEqual([['a'], false, true])
})

test('there is room for 20,000, and a path beyond them is refused, not lost in silence', () => {
  const hints = new Hints()
  for (let i = 0; i < 20_000; i++) expect(hints.add(at(`${i}`), 'thing')).toBe(true)
  expect(hints.add(at('more'), 'thing')).toBe(false)
  expect(hints.add(at('7'), 'new folder')).toBe(true)
  hints.wait(at('waiting'))
  expect(hints.release()).toBe(false)
})
