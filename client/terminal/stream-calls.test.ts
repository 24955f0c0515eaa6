import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readText } from '../../fixtures/pipe-text.ts'
import { until } from '../../fixtures/until.ts'
import { systemTimers } from '../system.ts'
import { StreamCalls } from './stream-calls.ts'

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-calls-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('a pipe that takes nothing just now is tried again until it has taken all', async () => {
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  const reader = openSync(fifo, O_RDONLY | O_NONBLOCK)
  const writer = openSync(fifo, O_WRONLY | O_NONBLOCK)
  const waits: number[] = []
  const calls = new StreamCalls({
    after(ms, act) {
      waits.push(ms)
      return systemTimers.after(ms, act)
    },
  })
  const written = calls.write(writer, Buffer.alloc(200_000, 'x'))
  await until(() => waits.length > 0, 'the next try')
  expect(await readText(reader, 200_000)).toBe('x'.repeat(200_000))
  await written
  expect(waits).toEqual(waits.map(() => 5))
  for (const fd of [reader, writer]) closeSync(fd)
})
