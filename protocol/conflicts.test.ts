import { conflictsOf, markedName } from './conflicts.ts'
import { parsePath } from './path.ts'

const a = markedName(parsePath('a'))
const b = markedName(parsePath('b'))

test('paths of several nodes add up, and one that two nodes name counts once', () => {
  expect(
    conflictsOf([
      { marks: 1, marked: [a] },
      { marks: 2, marked: [a, b] },
    ]),
  ).toBe(2)
  expect(
    conflictsOf([
      { marks: 1, marked: [a] },
      { marks: 1, marked: [b] },
    ]),
  ).toBe(2)
})

test('paths that are not named are counted as they come', () => {
  expect(
    conflictsOf([
      { marks: 10, marked: [a, b] },
      { marks: 1, marked: [a] },
    ]),
  ).toBe(10)
  expect(conflictsOf([{ marks: 3, marked: [] }])).toBe(3)
})

test('none is only said when every node knows its own', () => {
  expect(conflictsOf([{ marks: 0, marked: [] }])).toBe(0)
  expect(
    conflictsOf([
      { marks: 0, marked: [] },
      { marks: null, marked: [] },
    ]),
  ).toBeNull()
})

test('what is known is said though somebody does not know yet', () => {
  expect(
    conflictsOf([
      { marks: 2, marked: [a, b] },
      { marks: null, marked: [] },
    ]),
  ).toBe(2)
  expect(conflictsOf([{ marks: null, marked: [a] }])).toBe(1)
})

test('a path is named by the first four bytes of its BLAKE3', () => {
  expect(markedName(parsePath('file1.txt')).toString(16)).toBe('fd5a16de')
})
