import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NewFile } from './new-file.ts'
import { type FileTarget, findTarget } from './target.ts'
import { Temporaries } from './temporaries.ts'

let folder: string
let temporaries: Temporaries
let umask: number

beforeEach(() => {
  umask = process.umask(0o022)
  folder = mkdtempSync(join(tmpdir(), 'concur-new-file-'))
  temporaries = new Temporaries({ fraction: () => 0 })
})

afterEach(() => {
  process.umask(umask)
  temporaries.removeAll()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)
const targetOf = (name: string) => findTarget({ path: at(name), shown: `shown ${name}` }) as FileTarget
const newFile = (name: string, executable = false) =>
  new NewFile({ target: targetOf(name), executable, temporaries })

test.each([10, 64 * 1024, 64 * 1024 + 1])(
  'blocks of %d bytes are there when it is committed, and not before',
  async size => {
    const file = newFile('a')
    await file.write(Buffer.alloc(size, 'y'), size)
    await file.write(Buffer.alloc(size, 'x'), 0)
    expect(readdirSync(folder)).toEqual(['.a.concur-00000000'])
    file.commit()
    expect(readFileSync(at('a'), 'latin1')).toBe('x'.repeat(size) + 'y'.repeat(size))
    expect([readdirSync(folder), file.shown]).toEqual([['a'], 'shown a'])
  },
)

test('one that is thrown away leaves what was there as it was', async () => {
  writeFileSync(at('a'), 'old')
  const file = newFile('a')
  await file.write(Buffer.from('new'), 0)
  file.discard()
  expect([readdirSync(folder), readFileSync(at('a'), 'utf8')]).toEqual([['a'], 'old'])
})

/** What is there, whether the version can be run, and what the file may then. */
test.each([
  ['nothing', false, '644'],
  ['nothing', true, '755'],
  ['644', false, '644'],
  ['644', true, '755'],
  ['755', false, '644'],
  ['600', true, '700'],
  ['640', true, '750'],
  ['711', false, '600'],
  ['222', true, '222'],
  ['4755', false, '644'],
])('over a file with permissions %s, executable %p: %s', (mode, executable, expected) => {
  if (mode !== 'nothing') {
    writeFileSync(at('a'), 'old')
    chmodSync(at('a'), Number.parseInt(mode, 8))
  }
  newFile('a', executable).commit()
  expect((statSync(at('a')).mode & 0o7777).toString(8)).toBe(expected)
})

describe('what this machine’s disk refuses is told of the file as the person calls it', () => {
  test('when it is begun', () => {
    const target = targetOf('a')
    rmSync(folder, { recursive: true })
    expect(() => new NewFile({ target, executable: false, temporaries })).toThrow(
      expect.objectContaining({
        code: 'IO_ERROR',
        message: 'cannot be saved as shown a: no such file or directory',
      }),
    )
    mkdirSync(folder)
  })

  test.each([1, 100_000])('when %d bytes of it are written to a full disk', async size => {
    const fd = openSync('/dev/full', 'w')
    const full = { create: () => ({ path: '/dev/full', fd }) } as unknown as Temporaries
    const file = new NewFile({ target: targetOf('a'), executable: false, temporaries: full })
    await expect(file.write(Buffer.alloc(size), 0)).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: 'cannot be saved as shown a: no space left on device',
    })
    closeSync(fd)
  })

  test('when it is to appear', () => {
    const file = newFile('a')
    mkdirSync(at('a'))
    expect(() => file.commit()).toThrow(
      expect.objectContaining({
        code: 'IO_ERROR',
        message: expect.stringMatching(/^cannot be saved as shown a: /),
      }),
    )
    file.discard()
    expect(readdirSync(folder)).toEqual(['a'])
  })
})
