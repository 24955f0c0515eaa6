import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBundle } from './launch.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-launch-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, content: string): void {
  writeFileSync(join(folder, file), content)
}

const bundle = '(function () { return 1 })'

test('a bundle is there without its cache', () => {
  write('client-whole.cjs', bundle)
  const { script } = loadBundle(folder, 'client-whole')
  expect([script.cachedDataRejected, script.runInThisContext()()]).toEqual([undefined, 1])
})

test('a cache that V8 did not make for it is ignored', () => {
  write('client-whole.cjs', bundle)
  write('client-whole.cache', 'made by somebody else')
  const { script } = loadBundle(folder, 'client-whole')
  expect([script.cachedDataRejected, script.runInThisContext()()]).toEqual([true, 1])
})

test('a bundle that would be cut is refused', () => {
  write('client-whole.cjs', `${bundle}${' '.repeat(1024 * 1024)}`)
  expect(() => loadBundle(folder, 'client-whole')).toThrow('is larger than 1048576 bytes')
})
