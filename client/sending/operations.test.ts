import type { Connected } from '../connecting.ts'
import { Operations } from './operations.ts'

const connection = {} as Connected['connection']
const connected = (lastSeq: number | null, over = connection) =>
  ({ connection: over, peer: { lastSeq } }) as Connected

let operations: Operations

beforeEach(() => {
  operations = new Operations({ bytes: count => Buffer.alloc(count, 0xab) })
})

test('every change has the same nonce and the next number', () => {
  const nonce = 'ab'.repeat(16)
  expect(operations.next(connected(5))).toEqual({ nonce, counter: 1, floor: 5 })
  expect(operations.next(connected(5))).toEqual({ nonce, counter: 2, floor: 5 })
})

test('a change begins behind the last one that was acknowledged over its connection', () => {
  operations.note(connection, 9)
  operations.note(connection, 8)
  expect(operations.next(connected(5)).floor).toBe(9)
  expect(operations.next(connected(12)).floor).toBe(12)
})

test('what was acknowledged over another connection says nothing: that may have been another journal', () => {
  operations.note({} as Connected['connection'], 9)
  expect(operations.next(connected(5)).floor).toBe(5)
})

test('a server that does not say how far its journal is may have an empty one', () => {
  expect(operations.next(connected(null)).floor).toBe(0)
})
