import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { readText } from '../../fixtures/pipe-text.ts'
import { until } from '../../fixtures/until.ts'
import { writeFully, writeFullyNow } from './write-fully.ts'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_CREAT, O_WRONLY } = constants

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-write-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)

test.each([0, 1, 300_000])('%d bytes are written at their place in a file, all of them', async size => {
  const fd = openSync(at('file'), O_RDWR | O_CREAT)
  await writeFully(fd, Buffer.alloc(size, 'b'), 3)
  writeFullyNow(fd, Buffer.from('aaa'), 0)
  closeSync(fd)
  expect(readFileSync(at('file'), 'latin1')).toBe(`aaa${'b'.repeat(size)}`)
})

test('a pipe that takes nothing just now is tried again until it has taken all', async () => {
  execFileSync('mkfifo', [at('fifo')])
  const reader = openSync(at('fifo'), O_RDONLY | O_NONBLOCK)
  const writer = openSync(at('fifo'), O_WRONLY | O_NONBLOCK)
  const again = jest.spyOn(globalThis, 'setTimeout')
  const written = writeFully(writer, Buffer.alloc(200_000, 'x'), null)
  await until(() => again.mock.calls.length > 0, 'the next try')
  again.mockRestore()
  expect(await readText(reader, 200_000)).toBe('x'.repeat(200_000))
  await written
  for (const fd of [reader, writer]) closeSync(fd)
})

test('a failure is the system’s', async () => {
  const fd = openSync('/dev/full', 'w')
  await expect(writeFully(fd, Buffer.from('x'), null)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(() => writeFullyNow(fd, Buffer.from('x'), 0)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  closeSync(fd)
})
