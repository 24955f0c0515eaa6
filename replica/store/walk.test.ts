import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from '../../protocol/messages.ts'
import { compareUtf8, type FolderPath, parseFolderPath, parsePath, wholeTree } from '../../protocol/path.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

/** Makes files (and the folders that they lie in). */
function make(...paths: string[]): void {
  for (const path of paths) {
    execFileSync('mkdir', ['-p', join(temporary.root, path, '..')])
    writeFileSync(join(temporary.root, path), path)
  }
}

async function walked(folder: FolderPath = wholeTree, recursive = true): Promise<Entry[]> {
  const all: Entry[] = []
  for await (const entries of temporary.store.walk(folder, recursive)) all.push(...entries)
  return all
}

const pathsOf = (entries: readonly Entry[]) => entries.map(({ path }) => path as string)

test('entries come in the UTF-8 byte order of whole paths', async () => {
  make(
    'a/b',
    'a/c/d',
    'a.txt',
    'a!/x',
    'a!!/y',
    'a-b',
    'a0',
    'b',
    'Z',
    'ä/ö',
    '\u{ff5e}',
    '\u{1f600}',
    '\u{1f600}/../ﬀ',
  )
  const paths = pathsOf(await walked())
  expect(paths).toEqual([...paths].sort(compareUtf8))
  expect(paths).toEqual([
    'Z',
    'a',
    'a!',
    'a!!',
    'a!!/y',
    'a!/x',
    'a-b',
    'a.txt',
    'a/b',
    'a/c',
    'a/c/d',
    'a0',
    'b',
    'ä',
    'ä/ö',
    'ﬀ',
    '～',
    '😀',
  ])
})

test('without recursion only what lies in the folder itself comes', async () => {
  make('a/b', 'a/c/d', 'e')
  expect(pathsOf(await walked(wholeTree, false))).toEqual(['a', 'e'])
  expect(pathsOf(await walked(parseFolderPath('a'), false))).toEqual(['a/b', 'a/c'])
})

test('an entry says type, size and time', async () => {
  make('folder/file')
  symlinkSync('file', join(temporary.root, 'folder/link'))
  execFileSync('mkfifo', [join(temporary.root, 'folder/pipe')])
  const mtimeMs = expect.any(Number)
  expect(await walked()).toEqual([
    { escaped: false, path: 'folder', type: 'folder', size: 0, mtimeMs, digest: null },
    { escaped: false, path: 'folder/file', type: 'file', size: 11, mtimeMs, digest: null },
    { escaped: false, path: 'folder/link', type: 'other', size: 0, mtimeMs, digest: null },
    { escaped: false, path: 'folder/pipe', type: 'other', size: 0, mtimeMs, digest: null },
  ])
})

test('a digest comes only where it is trusted, and nothing is read for it', async () => {
  make('known', 'unknown')
  writeFileSync(join(temporary.root, 'provisional'), Buffer.alloc(100_000))
  await temporary.store.look(parsePath('provisional'), { deep: false })
  temporary.disk.aheadS = 61
  const copy = await temporary.store.look(parsePath('known'), { deep: false })
  const opened = temporary.disk.filesOpened
  const digests = (await walked()).map(entry => entry.digest)
  expect(digests).toEqual([copy.is === 'file' && copy.digest, null, null])
  expect(temporary.disk.filesOpened).toBe(opened)
})

test('a link to a folder is not entered', async () => {
  make('folder/file')
  symlinkSync('folder', join(temporary.root, 'link'))
  expect(pathsOf(await walked())).toEqual(['folder', 'folder/file', 'link'])
})

test('the path of a file, or of a link, gives that one entry', async () => {
  make('folder/file')
  symlinkSync('file', join(temporary.root, 'folder/link'))
  expect(await walked(parsePath('folder/file'))).toMatchObject([
    { path: 'folder/file', type: 'file', size: 11 },
  ])
  expect(await walked(parsePath('folder/link'))).toMatchObject([{ path: 'folder/link', type: 'other' }])
})

test("the server's own folder at the root never appears; one below a folder does", async () => {
  make('folder/.concur/x')
  expect(pathsOf(await walked())).toEqual(['folder', 'folder/.concur', 'folder/.concur/x'])
})

/** A name of these bytes (char codes), with what is made there. */
function makeOdd(name: string, make: (path: Buffer) => void = path => writeFileSync(path, 'x')): void {
  make(Buffer.concat([Buffer.from(`${temporary.root}/`), Buffer.from(name, 'latin1')]))
}

test('names that no path can be are listed escaped, as nothing that could be asked for', async () => {
  makeOdd('f\xff')
  makeOdd('new\nline')
  makeOdd('.CONCUR')
  const odd = { escaped: true, type: 'other', size: 0, mtimeMs: 0, digest: null }
  expect(await walked()).toEqual([
    { ...odd, path: '.CONCUR' },
    { ...odd, path: 'f\\xff' },
    { ...odd, path: 'new\\x0aline' },
  ])
})

test('an escaped name stands where it reads, behind the path that reads the same, with its folder in front', async () => {
  make('a', 'f\\xff', 'f\\xff.txt', 'g/b')
  makeOdd('f\xff')
  makeOdd('g/\x01')
  const entries = await walked()
  expect(entries.map(({ path, escaped }) => (escaped ? `(${path})` : path))).toEqual([
    'a',
    'f\\xff',
    '(f\\xff)',
    'f\\xff.txt',
    'g',
    '(g/\\x01)',
    'g/b',
  ])
  expect(pathsOf(entries)).toEqual([...pathsOf(entries)].sort(compareUtf8))
})

test('a folder or a link whose name no path can be is not entered', async () => {
  makeOdd('d\xff', path => mkdirSync(path))
  makeOdd('d\xff/inside')
  makeOdd('l\xff', path => symlinkSync('/etc', path))
  expect(pathsOf(await walked())).toEqual(['d\\xff', 'l\\xff'])
})

test('a path that is too long for one is listed as it is, and not entered', async () => {
  const deep = Array.from({ length: 16 }, () => 'd'.repeat(250)).join('/')
  execFileSync('mkdir', ['-p', join(temporary.root, deep)])
  execFileSync('mkdir', ['-p', `${'e'.repeat(200)}/x`], { cwd: join(temporary.root, deep) })
  const last = (await walked()).at(-1)!
  execFileSync('rm', ['-rf', 'd'.repeat(250)], { cwd: temporary.root })
  expect([last.escaped, last.path]).toEqual([true, `${deep}/${'e'.repeat(200)}`])
})

test('a missing folder is NOT_FOUND', async () => {
  await expect(walked(parseFolderPath('nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a folder that cannot be read ends the walk with IO_ERROR, so that nothing in it is taken for missing', async () => {
  make('a/b', 'closed/c', 'd')
  const honest = temporary.disk.openBeneath
  temporary.disk.openBeneath = (folder, path, as) => {
    if (path === 'closed' && as === 'folder') throw new DiskError('EACCES', 'openat2')
    return honest.call(temporary.disk, folder, path, as)
  }
  await expect(walked()).rejects.toMatchObject({
    code: 'IO_ERROR',
    message: 'closed: the server may not read it (EACCES)',
  })
})

test('what vanishes while the tree is walked is left out', async () => {
  make('a/b', 'gone/c', 'z')
  const honest = temporary.disk.openBeneath
  temporary.disk.openBeneath = (folder, path, as) => {
    if (path === 'gone') execFileSync('rm', ['-rf', join(temporary.root, 'gone')])
    return honest.call(temporary.disk, folder, path, as)
  }
  expect(pathsOf(await walked())).toEqual(['a', 'a/b', 'gone', 'z'])
})

test('a folder of many entries comes sorted, in batches of at most 500, with turns for others between', async () => {
  mkdirSync(join(temporary.root, 'many'))
  const names = Array.from({ length: 3_000 }, (_, i) => `${'n'.repeat(60)}${(i * 7919) % 3_001}`)
  for (const name of names) writeFileSync(join(temporary.root, 'many', name), '')
  let turns = 0
  let isWalking = true
  const count = () => {
    turns++
    if (isWalking) setImmediate(count)
  }
  setImmediate(count)
  const sizes: number[] = []
  const all: string[] = []
  for await (const entries of temporary.store.walk(parseFolderPath('many'), true, { workMs: 0, restMs: 0 })) {
    sizes.push(entries.length)
    all.push(...pathsOf(entries))
  }
  isWalking = false
  expect(all).toEqual(names.map(name => `many/${name}`).sort())
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
  expect(turns).toBeGreaterThan(1_000)
})

test('a walk that is broken off leaves nothing open', async () => {
  make('a/b/c', 'd')
  const open = temporary.disk.open.size
  for await (const _ of temporary.store.walk(wholeTree, true, { workMs: 0, restMs: 0 })) break
  expect(temporary.disk.open.size).toBe(open)
})
