import { PageQueue } from './page-queue.ts'

test('pages come in order, and null behind the last one', async () => {
  const queue = new PageQueue<string>()
  queue.push('a')
  queue.push('b')
  queue.finish(null)
  expect([await queue.next(), await queue.next(), await queue.next(), await queue.next()]).toEqual([
    'a',
    'b',
    null,
    null,
  ])
})

test('who asks before there is a page waits for it', async () => {
  const queue = new PageQueue<string>()
  const page = queue.next()
  queue.push('a')
  expect(await page).toBe('a')
  const end = queue.next()
  queue.finish(null)
  expect(await end).toBe(null)
})

test('a failure comes behind the pages that came before it', async () => {
  const queue = new PageQueue<string>()
  queue.push('a')
  queue.finish(new Error('lost'))
  expect(await queue.next()).toBe('a')
  await expect(queue.next()).rejects.toThrow('lost')
})

test('the first end counts: an orderly end is not undone by a loss behind it', async () => {
  const queue = new PageQueue<string>()
  queue.finish(null)
  queue.finish(new Error('lost'))
  expect(await queue.next()).toBe(null)
})

test('it knows whether a page waits', async () => {
  const queue = new PageQueue<string>()
  expect(queue.isEmpty).toBe(true)
  queue.push('a')
  expect(queue.isEmpty).toBe(false)
  await queue.next()
  expect(queue.isEmpty).toBe(true)
})
