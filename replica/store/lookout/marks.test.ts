import { at } from '../changes.fixture.ts'
import { type Mark, Marks } from './marks.ts'

const edited: Mark = { deviation: 'edited', kept: null }

test('a path is marked once, and not any more when it is cleared', () => {
  const marks = new Marks()
  expect(marks.set(at('a'), edited)).toBe(true)
  expect(marks.set(at('a'), { deviation: 'missing', kept: null })).toBe(true)
  expect([marks.count, marks.get(at('a'))]).toEqual([1, { deviation: 'missing', kept: null }])
  marks.clear(at('a'))
  marks.clear(at('never'))
  expect([marks.count, marks.has(at('a')), marks.get(at('a'))]).toEqual([0, false, null])
})

test('why a record was kept back stays known as long as the path deviates', () => {
  const marks = new Marks()
  marks.set(at('a'), { deviation: 'edited', kept: 'it was changed on this disk' })
  marks.set(at('a'), { deviation: 'missing', kept: null })
  expect(marks.get(at('a'))).toEqual({ deviation: 'missing', kept: 'it was changed on this disk' })
  marks.clear(at('a'))
  marks.set(at('a'), edited)
  expect(marks.get(at('a'))!.kept).toBeNull()
})

test('beyond the bound paths have no place, those that have one keep it, and a count stands for the others', () => {
  const marks = new Marks(2)
  expect([at('a'), at('b'), at('c'), at('a')].map(path => marks.set(path, edited))).toEqual([
    true,
    true,
    false,
    true,
  ])
  marks.beyond = 5
  expect([marks.count, marks.isFull, marks.has(at('c'))]).toEqual([7, true, false])
  marks.clear(at('a'))
  expect(marks.set(at('c'), edited)).toBe(true)
})

test('the first of them are given in the order in which they came, as many as are asked for', () => {
  const marks = new Marks()
  for (const path of ['c', 'a', 'b']) marks.set(at(path), edited)
  expect([marks.paths(), marks.first(2), marks.first(9), marks.first(0)]).toEqual([
    ['c', 'a', 'b'],
    ['c', 'a'],
    ['c', 'a', 'b'],
    [],
  ])
})

test('what is marked at a path and below it is found, what only begins like it is not', () => {
  const marks = new Marks()
  for (const path of ['a', 'a/b', 'a/b/c', 'a.txt', 'ab/c']) marks.set(at(path), edited)
  expect(marks.at(at('a'))).toEqual(['a', 'a/b', 'a/b/c'])
  expect(marks.at(at('nowhere'))).toEqual([])
})
