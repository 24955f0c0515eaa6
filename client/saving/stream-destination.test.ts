import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Version } from '../../protocol/copies.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { systemTimers } from '../system.ts'
import { StreamCalls } from '../terminal/stream-calls.ts'
import { OpenedStream, StreamDestination } from './stream-destination.ts'

const { O_NONBLOCK, O_RDONLY } = constants
const small = Buffer.from('a small content')

const versionOf = (content: string) =>
  ({ digest: digestOf(Buffer.from(content)).digest as Digest }) as Version
const bytes = (text: string) => Buffer.from(text)

/** Keeps what leaves. */
function kept() {
  const stream = {
    shown: 'a device' as string | null,
    text: '',
    ends: 0,
    write: async (some: Buffer) => {
      stream.text += some
    },
    end: async () => {
      stream.ends++
    },
  }
  return { stream, destination: new StreamDestination(stream) }
}

test('what comes leaves at once, and its name is told at the end', async () => {
  const { stream, destination } = kept()
  const sink = destination.open(versionOf('abcd'))
  await sink.write(bytes('ab'), 0)
  expect(stream.text).toBe('ab')
  await sink.write(bytes('cd'), 2)
  expect(await destination.commit()).toEqual(['a device'])
  expect([stream.text, stream.ends]).toEqual(['abcd', 1])
})

test('a read that starts again goes on behind what has left', async () => {
  const { stream, destination } = kept()
  await destination.open(versionOf('abcd')).write(bytes('ab'), 0)
  destination.restart()
  const again = destination.open(versionOf('abcd'))
  await again.write(bytes('ab'), 0)
  await again.write(bytes('cd'), 2)
  await destination.commit()
  expect(stream.text).toBe('abcd')
})

test('another content may come as long as nothing has left', async () => {
  const { stream, destination } = kept()
  destination.open(versionOf('abcd'))
  destination.restart()
  await destination.open(versionOf('other')).write(bytes('other'), 0)
  await destination.commit()
  expect(stream.text).toBe('other')
})

test('another content is refused when a part of the first has left', async () => {
  const { destination } = kept()
  await destination.open(versionOf('abcd')).write(bytes('ab'), 0)
  destination.restart()
  const refusal = { code: 'CHANGED', message: 'it changed after 2 bytes of it had been written' }
  expect(() => destination.open(versionOf('other'))).toThrow(expect.objectContaining(refusal))
})

test('a read whose second try has no bytes is refused when a part has left, else it is nothing', async () => {
  const begun = kept()
  await begun.destination.open(versionOf('abcd')).write(bytes('ab'), 0)
  begun.destination.restart()
  await expect(begun.destination.commit()).rejects.toMatchObject({ code: 'CHANGED' })
  const { destination, stream } = kept()
  destination.open(versionOf('abcd'))
  destination.restart()
  expect(await destination.commit()).toEqual([])
  expect(stream.ends).toBe(0)
})

let folder: string
let pipe: string
let calls: StreamCalls
let stream: OpenedStream
let reader: number | null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-stream-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  calls = new StreamCalls(systemTimers)
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

test('a file that cannot be opened is told as the person calls it', async () => {
  const absent = () => new OpenedStream({ path: join(folder, 'nothing/x'), shown: 'nothing/x' }, calls)
  const expected = { code: 'IO_ERROR', message: 'cannot be saved as nothing/x: no such file or directory' }
  await expect(absent().write(small)).rejects.toMatchObject(expected)
  await expect(absent().end()).rejects.toMatchObject(expected)
})
