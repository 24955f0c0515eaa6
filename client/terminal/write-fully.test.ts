import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFully, writeFullyNow } from './write-fully.ts'

const { O_RDWR, O_CREAT } = constants

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

test('a failure is the system’s', async () => {
  const fd = openSync('/dev/full', 'w')
  await expect(writeFully(fd, Buffer.from('x'), null)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(() => writeFullyNow(fd, Buffer.from('x'), 0)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  closeSync(fd)
})
