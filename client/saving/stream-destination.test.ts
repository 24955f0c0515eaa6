import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamCalls } from '../terminal/stream-calls.ts'
import { OpenedStream } from './stream-destination.ts'

const { O_NONBLOCK, O_RDONLY } = constants
const small = Buffer.from('a small content')

let folder: string
let pipe: string
let calls: StreamCalls
let stream: OpenedStream
let reader: number | null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-stream-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  calls = new StreamCalls()
  stream = new OpenedStream({ path: pipe, shown: 'pipe' }, calls)
  reader = null
})

afterEach(() => {
  if (reader !== null) closeSync(reader)
  rmSync(folder, { recursive: true })
})

function read(fd: number, bytesMax = 64 * 1024): Buffer {
  const bytes = Buffer.alloc(bytesMax)
  return bytes.subarray(0, readSync(fd, bytes))
}

test('a small content is in a FIFO that somebody reads when the call returns, and ends there', async () => {
  reader = openSync(pipe, O_RDONLY | O_NONBLOCK)
  const written = stream.write(small)
  expect(calls.areWaiting).toBe(false)
  expect(read(reader)).toEqual(small)
  await written
  await stream.end()
  expect(read(reader)).toHaveLength(0)
})

test('a FIFO that nobody reads yet is waited for, and nothing else meanwhile', async () => {
  const written = stream.write(small)
  expect(calls.areWaiting).toBe(true)
  reader = openSync(pipe, O_RDONLY | O_NONBLOCK)
  await written
  expect(read(reader)).toEqual(small)
  await stream.end()
})

test('what a full FIFO does not take at once follows when there is room', async () => {
  reader = openSync(pipe, O_RDONLY | O_NONBLOCK)
  const filler = new OpenedStream({ path: pipe, shown: 'pipe' }, calls)
  const filled = filler.write(Buffer.alloc(64 * 1024))
  await filled
  const written = stream.write(small)
  expect(calls.areWaiting).toBe(true)
  expect(read(reader, 64 * 1024)).toHaveLength(64 * 1024)
  await written
  expect(read(reader)).toEqual(small)
  await Promise.all([filler.end(), stream.end()])
})

test('a device takes a small content within the call', async () => {
  const device = new OpenedStream({ path: '/dev/null', shown: '/dev/null' }, calls)
  const written = device.write(small)
  expect(calls.areWaiting).toBe(false)
  await written
  await device.end()
})

test('a content of nothing is opened as well', async () => {
  reader = openSync(pipe, O_RDONLY | O_NONBLOCK)
  await stream.end()
  expect(read(reader)).toHaveLength(0)
})
