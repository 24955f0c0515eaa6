import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readText } from '../../fixtures/pipe-text.ts'
import { until } from '../../fixtures/until.ts'
import { systemTimers } from '../system.ts'
import { DescriptorOutput, ReaderGoneError } from './output.ts'
import { StreamCalls } from './stream-calls.ts'

let folder: string
let calls: StreamCalls
let opened: number[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-output-'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  calls = new StreamCalls(systemTimers)
  opened = []
})

afterEach(() => {
  for (const fd of opened) closeSync(fd)
  rmSync(folder, { recursive: true })
})

function openAt(name: string, flags: number | string): number {
  const fd = openSync(join(folder, name), flags)
  opened.push(fd)
  return fd
}

const outputTo = (fd: number) => new DescriptorOutput(fd, { isTerminal: false, calls })

/** A pipe with nobody to read it yet: what was written is in it. */
function pipe() {
  const reader = openAt('fifo', constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openAt('fifo', constants.O_WRONLY)
  return { reader, output: outputTo(writer) }
}

test('what is written comes in order, texts and bytes, also when nobody waits', async () => {
  const output = outputTo(openAt('file', 'w'))
  const pieces = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? `${at},` : Buffer.from(`${at},`)))
  await Promise.all(pieces.map(piece => output.write(piece)))
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(pieces.join(''))
})

test('more than a pipe holds waits for its reader, what comes then comes behind it, and what waits is known', async () => {
  const { reader, output } = pipe()
  let written = 0
  for (const piece of [Buffer.alloc(300_000, 'x'), 'end'])
    void output.write(piece).then(() => {
      written++
    })
  await until(() => calls.areWaiting, 'the waiting')
  expect(written).toBe(0)
  const text = await readText(reader, 300_003)
  expect(text.slice(-4)).toBe('xend')
  await until(() => written === 2, 'the end of the writing')
  expect(calls.areWaiting).toBe(false)
})

test('a reader that is gone is no error of the system’s, and the next write is tried all the same', async () => {
  const { reader, output } = pipe()
  closeSync(reader)
  opened.shift()
  await expect(output.write('text')).rejects.toBeInstanceOf(ReaderGoneError)
  const another = openAt('fifo', constants.O_RDONLY | constants.O_NONBLOCK)
  await output.write('more')
  expect(await readText(another, 4)).toBe('more')
})

test('any other failure is the system’s', async () => {
  await expect(outputTo(openSync('/dev/full', 'w')).write('text')).rejects.toMatchObject({ code: 'ENOSPC' })
})
