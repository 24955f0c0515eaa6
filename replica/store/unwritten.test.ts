import { Unwritten } from './unwritten.ts'

let unwritten: Unwritten<string, number | null>

beforeEach(() => {
  unwritten = new Unwritten()
})

test('the last value of a key is found, and goes with the batch', () => {
  unwritten.put('a', 1)
  unwritten.put('a', 2)
  expect(unwritten.get('a')).toBe(2)
  expect(unwritten.size).toBe(1)
  expect([...unwritten.takeBatch()]).toEqual([['a', 2]])
})

test('what is on its way is still found, unless a newer value waits', () => {
  unwritten.put('a', 1)
  unwritten.put('b', 1)
  unwritten.takeBatch()
  unwritten.put('b', null)
  expect(unwritten.get('a')).toBe(1)
  expect(unwritten.get('b')).toBeNull()
  expect(unwritten.size).toBe(1)
})

test('what was written is not found here any more', () => {
  unwritten.put('a', 1)
  unwritten.takeBatch()
  unwritten.endBatch()
  expect(unwritten.get('a')).toBeUndefined()
})

test('what was not written waits again, but for what was put anew meanwhile', () => {
  unwritten.put('a', 1)
  unwritten.put('b', 1)
  unwritten.takeBatch()
  unwritten.put('b', 2)
  unwritten.returnBatch()
  expect(Object.fromEntries(unwritten.takeBatch())).toEqual({ a: 1, b: 2 })
})
