import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPlainTarget, findTarget } from './target.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'concur-target-')))
  writeFileSync(join(folder, 'file'), 'x')
  mkdirSync(join(folder, 'folder'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  symlinkSync('file', join(folder, 'to file'))
  symlinkSync(join(folder, 'to file'), join(folder, 'to link'))
  symlinkSync('folder/new', join(folder, 'to nothing'))
  symlinkSync('folder', join(folder, 'to folder'))
  symlinkSync('fifo', join(folder, 'to fifo'))
  symlinkSync('/dev/null', join(folder, 'to null'))
  symlinkSync('loop', join(folder, 'loop'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const place = (name: string) => ({ path: join(folder, name), shown: name })

describe('a link is followed', () => {
  test.each([
    ['new', 'new', false],
    ['file', 'file', true],
    ['to file', 'file', true],
    ['to link', 'file', true],
    ['to nothing', 'folder/new', false],
    ['to folder/new', 'folder/new', false],
  ])('%s is saved as %s, which is there: %p', (name, path, isThere) => {
    const target = findTarget(place(name))
    expect(target).toMatchObject({ is: 'file', path: join(folder, path), shown: name })
    expect('existing' in target && target.existing !== null).toBe(isThere)
  })

  test.each(['fifo', 'to fifo', 'to null'])('%s is written to, and never replaced', name => {
    expect(findTarget(place(name))).toEqual({ is: 'stream', ...place(name) })
  })

  test.each([
    ['folder', 'a folder of that name is there'],
    ['to folder', 'a folder of that name is there'],
    ['loop', 'too many symbolic links encountered'],
    ['file/below', 'not a directory'],
    ['nothing/below', 'no such file or directory'],
  ])('nothing can be saved as %s: %s', (name, reason) => {
    expect(() => findTarget(place(name))).toThrow(
      expect.objectContaining({ code: 'IO_ERROR', message: `cannot be saved as ${name}: ${reason}` }),
    )
  })
})

describe('where no link may be followed', () => {
  test('a file is saved where nothing or a file is', () => {
    expect(findPlainTarget(place('new'))).toMatchObject({ ...place('new'), existing: null })
    expect(findPlainTarget(place('file')).existing).not.toBeNull()
  })

  test.each([
    ['folder', 'a folder of that name is there'],
    ['to file', 'a link of that name is there'],
    ['to nothing', 'a link of that name is there'],
    ['fifo', 'something that is no file is there'],
    ['file/below', 'not a directory'],
  ])('nothing can be saved as %s: %s', (name, reason) => {
    expect(() => findPlainTarget(place(name))).toThrow(`cannot be saved as ${name}: ${reason}`)
  })
})
