import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FolderTree } from './folder-tree.ts'

let folder: string
let tree: FolderTree

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-tree-'))
  tree = treeAt('root')
})

afterEach(() => rmSync(folder, { recursive: true }))

const treeAt = (name: string) => new FolderTree({ path: join(folder, name), shown: name })
const inside = (name: string) => join(folder, 'root', name)
const refusal = (reason: string) => expect.objectContaining({ code: 'IO_ERROR', message: reason })

test('the place of a file has its folders made, each as a person calls it', () => {
  expect(tree.placeOfFile('a/b/c.txt')).toEqual({ path: inside('a/b/c.txt'), shown: 'root/a/b/c.txt' })
  expect(tree.placeOfFile('d.txt').path).toBe(inside('d.txt'))
  expect([readdirSync(inside('')), readdirSync(inside('a'))]).toEqual([['a'], ['b']])
})

test('nothing is made before it is asked for', () => {
  expect(existsSync(inside(''))).toBe(false)
  tree.makeFolder('a')
  expect(readdirSync(inside(''))).toEqual(['a'])
})

test('folders that are there are used, also behind a link that the person named', () => {
  mkdirSync(join(folder, 'elsewhere/a'), { recursive: true })
  symlinkSync('elsewhere', join(folder, 'root'))
  tree.makeFolder('a/b')
  expect(readdirSync(join(folder, 'elsewhere/a'))).toEqual(['b'])
})

describe('below the folder nothing but folders is passed through:', () => {
  test.each([
    ['a link to a folder', () => symlinkSync(folder, inside('a'))],
    ['a link to nothing', () => symlinkSync('nothing', inside('a'))],
    ['a file', () => writeFileSync(inside('a'), 'x')],
  ])('%s is refused', (_, lay) => {
    mkdirSync(inside(''))
    lay()
    const expected = refusal('cannot be saved as root/a: something that is no folder is there')
    expect(() => tree.makeFolder('a')).toThrow(expected)
    expect(() => tree.placeOfFile('a/b/c')).toThrow(expected)
    expect(readdirSync(folder)).toEqual(['root'])
  })
})

test.each([
  ['a file', () => writeFileSync(inside(''), 'x')],
  ['a link to nothing', () => symlinkSync('nothing', inside(''))],
])('%s in the place of the folder itself is refused', (_, lay) => {
  lay()
  expect(() => tree.makeRoot()).toThrow(
    refusal('cannot be saved as root: something that is no folder is there'),
  )
})

test('a name that this file system does not take is told as the person calls it', () => {
  const name = 'x'.repeat(256)
  expect(() => tree.makeFolder(name)).toThrow(refusal(`cannot be saved as root/${name}: name too long`))
})

test('a folder above it is not made', () => {
  expect(() => treeAt('nothing/root').makeRoot()).toThrow(
    refusal('cannot be saved as nothing/root: no such file or directory'),
  )
})
