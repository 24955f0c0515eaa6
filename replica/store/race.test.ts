/** No race leaves the root: a process swaps a folder and a link to a folder outside, while their paths are read. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import { parsePath, wholeTree } from '../../protocol/path.ts'
import { openTemporaryStore, type TemporaryStore, temporaryFolder } from './store.fixture.ts'

const inside = 'what lies inside\n'
const outside = 'what lies outside the root\n'
const readsMin = 200_000
/** The racer does not always get the processor: one burst that it runs beside is enough. */
const naiveBursts = 60
const naiveReads = 1_000
const path = parsePath('swapped/file.txt')

let temporary: TemporaryStore
let outsideFolder: string
let racer: ChildProcess

beforeEach(async () => {
  temporary = await openTemporaryStore()
  outsideFolder = temporaryFolder()
  writeFileSync(join(outsideFolder, 'file.txt'), outside)
  mkdirSync(join(temporary.root, 'swapped'))
  writeFileSync(join(temporary.root, 'swapped/file.txt'), inside)
  symlinkSync(outsideFolder, join(temporary.root, 'link'))
  const program = new URL('../../fixtures/racer.mjs', import.meta.url).pathname
  const names = ['swapped', 'link'].map(name => join(temporary.root, name))
  racer = spawn(process.execPath, [program, ...names], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(racer.stdout!, 'data')
})

afterEach(async () => {
  racer.kill()
  await once(racer, 'exit')
  await temporary.remove()
  rmSync(outsideFolder, { recursive: true })
})

/** What a program would do that checks a name and opens it afterwards. */
function readNaively(root: string): string | null {
  const name = join(root, path)
  try {
    return realpathSync(name).startsWith(`${root}/`) ? readFileSync(name, 'utf8') : null
  } catch {
    return null
  }
}

test('a check by realpath reads outside the root more than once in a hundred', () => {
  const root = realpathSync(temporary.root)
  let worst = 0
  for (let burst = 0; burst < naiveBursts && worst <= naiveReads / 100; burst++) {
    let escapes = 0
    for (let i = 0; i < naiveReads; i++) if (readNaively(root) === outside) escapes++
    worst = Math.max(worst, escapes)
  }
  expect(worst).toBeGreaterThan(naiveReads / 100)
})

test('the store never reads outside the root', async () => {
  const { store } = temporary
  const insideDigest = digestOf(Buffer.from(inside)).digest
  const outsideDigest = digestOf(Buffer.from(outside)).digest
  const seen = { inside: 0, link: 0, escapes: 0, else: 0 }
  for (let reads = 0; reads < readsMin; reads += 2) {
    const copy = store.look(path, { deep: false })
    if (copy instanceof Promise) throw new Error('a small file is looked at in one turn')
    if (copy.is === 'file') copy.digest === insideDigest ? seen.inside++ : seen.escapes++
    else copy.is === 'other' && copy.what === 'link' ? seen.link++ : seen.else++
    if (store.readSmall(path, outsideDigest, 1024) !== null) seen.escapes++
  }
  expect(seen).toEqual({ inside: expect.any(Number), link: expect.any(Number), escapes: 0, else: 0 })
  expect(Math.min(seen.inside, seen.link)).toBeGreaterThan(readsMin / 1000)
}, 30_000)

test('a walk never lists what lies behind a link', async () => {
  writeFileSync(join(outsideFolder, 'only-outside.txt'), outside)
  const listed = new Set<string>()
  for (let i = 0; i < 2_000; i++) {
    for await (const entries of temporary.store.walk(wholeTree, true)) {
      for (const entry of entries) listed.add(entry.path)
    }
  }
  expect([...listed].sort()).toEqual(['link', 'link/file.txt', 'swapped', 'swapped/file.txt'])
})
