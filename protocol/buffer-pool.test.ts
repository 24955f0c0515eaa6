import { BufferPool } from './buffer-pool.ts'

test('a buffer that was given back is taken again', () => {
  const pool = new BufferPool({ bufferBytes: 10, keepMax: 2 })
  const first = pool.take()
  expect(first).toHaveLength(10)
  pool.give(first)
  expect(pool.take()).toBe(first)
  expect(pool.take()).not.toBe(first)
})

test('no more unused buffers are kept than were asked for', () => {
  const pool = new BufferPool({ bufferBytes: 10, keepMax: 1 })
  const [first, second] = [pool.take(), pool.take()]
  pool.give(first)
  pool.give(second)
  expect(pool.take()).toBe(first)
  expect(pool.take()).not.toBe(second)
})
