import { PassThrough } from 'node:stream'
import { readLine } from './read-line.ts'

test.each([
  ['y\n', 'y'],
  ['y\nmore\n', 'y'],
  ['\n', ''],
  ['y', 'y'],
  ['', ''],
])('of %p the line is %p', async (typed, line) => {
  const input = new PassThrough()
  input.end(typed)
  expect(await readLine(input)).toBe(line)
})
