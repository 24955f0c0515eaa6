import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeAtOnce } from './write-at-once.ts'

const line = Buffer.from('a line\n')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-at-once-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A pipe with both ends open, and a name. */
function pipe(): { reader: number; writer: number } {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, constants.O_WRONLY) }
}

test('a file is written where its offset stands, which others share', () => {
  const path = join(folder, 'file')
  const fd = openSync(path, 'w')
  writeSync(fd, 'before\n')
  expect(writeAtOnce(fd, line)).toBe(line.length)
  writeSync(fd, 'behind\n')
  closeSync(fd)
  expect(readFileSync(path, 'utf8')).toBe('before\na line\nbehind\n')
})

test('a pipe with room takes a line, a full one takes nothing and is not waited for', () => {
  const { reader, writer } = pipe()
  expect(writeAtOnce(writer, line)).toBe(line.length)
  const bytes = Buffer.alloc(100)
  expect(bytes.toString('utf8', 0, readSync(reader, bytes))).toBe('a line\n')
  const page = Buffer.alloc(4096)
  let written = 0
  while (writeAtOnce(writer, page) > 0) written += page.length
  expect(written).toBeGreaterThan(0)
  expect(writeAtOnce(writer, line)).toBe(0)
  for (const fd of [reader, writer]) closeSync(fd)
})

test('more than a pipe takes as a whole, and a pipe that nobody reads, are left to who can wait', () => {
  const { reader, writer } = pipe()
  expect(writeAtOnce(writer, Buffer.alloc(4097))).toBe(0)
  closeSync(reader)
  expect(writeAtOnce(writer, line)).toBe(0)
  closeSync(writer)
})
