import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { piecesOf } from '../../fixtures/client-program.ts'
import { content, failure } from '../../fixtures/client-receiver.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { ByteSource, Pass } from './byte-source.ts'
import { FileSource } from './file-source.ts'
import { walkFolder } from './folder-walk.ts'
import { readPieces } from './pieces.ts'
import { StreamSource } from './stream-source.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-sources-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const fileAt = (name: string, followsLink = true) =>
  new FileSource({ path: join(folder, name), shown: name, followsLink })

async function readAll(pass: Pass, bufferBytes = blockBytes): Promise<Buffer> {
  const read: Buffer[] = []
  const into = Buffer.alloc(bufferBytes)
  for (let count = bufferBytes; count === bufferBytes; ) {
    count = await pass.read(into)
    read.push(Buffer.from(into.subarray(0, count)))
  }
  return Buffer.concat(read)
}

async function begun(source: ByteSource): Promise<Pass> {
  return (await source.begin())!
}

describe('a file', () => {
  test('is read from the first byte to the last, and again', async () => {
    const bytes = content(2 * blockBytes + 9)
    writeFileSync(join(folder, 'x'), bytes)
    for (let time = 0; time < 2; time++) {
      const pass = await begun(fileAt('x'))
      expect(pass.size).toBe(bytes.length)
      expect((await readAll(pass)).equals(bytes)).toBe(true)
      pass.assertUnmoved()
      pass.close()
    }
  })

  test('of no bytes has size 0; one that hides its size has none', async () => {
    writeFileSync(join(folder, 'empty'), '')
    const empty = await begun(fileAt('empty'))
    expect(empty.size).toBe(0)
    empty.close()
    const source = new FileSource({ path: '/proc/self/status', shown: 'status', followsLink: true })
    const hidden = await begun(source)
    expect(hidden.size).toBeNull()
    expect((await readAll(hidden)).toString()).toContain('Pid:')
    hidden.close()
  })

  test.each([
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['is written over', (path: string) => writeFileSync(path, 'other')],
    ['gets another mode', (path: string) => chmodSync(path, 0o600)],
  ])('that %s while it is read has moved', async (_, change) => {
    writeFileSync(join(folder, 'x'), 'bytes')
    const pass = await begun(fileAt('x'))
    change(join(folder, 'x'))
    await readAll(pass)
    expect(() => pass.assertUnmoved()).toThrow('x changed while it was read')
    pass.close()
  })

  test('that another one replaces is another content', async () => {
    writeFileSync(join(folder, 'x'), 'bytes')
    writeFileSync(join(folder, 'y'), 'bytes')
    const one = await begun(fileAt('x'))
    renameSync(join(folder, 'y'), join(folder, 'x'))
    const two = await begun(fileAt('x'))
    expect(two.identity).not.toBe(one.identity)
    for (const pass of [one, two]) pass.close()
  })

  test('is not followed through a link that nobody named, and a folder is none', async () => {
    writeFileSync(join(folder, 'x'), 'bytes')
    symlinkSync('x', join(folder, 'link'))
    ;(await begun(fileAt('link'))).close()
    expect((await failure(fileAt('link', false).begin())).message).toBe(
      'cannot read link: too many symbolic links encountered',
    )
    expect((await failure(fileAt('nothing').begin())).message).toBe(
      'cannot read nothing: no such file or directory',
    )
    mkdirSync(join(folder, 'sub'))
    expect((await failure(fileAt('sub').begin())).message).toBe('cannot read sub: it is no file any more')
  })
})

describe('a stream', () => {
  const streamOf = (pieces: readonly Buffer[]) => new StreamSource('input', async () => piecesOf(pieces))

  test.each([0, 1, blockBytes - 1])('of %d bytes is held, and can be begun again', async size => {
    const bytes = content(size)
    const source = streamOf([bytes.subarray(0, 3), bytes.subarray(3)])
    for (let time = 0; time < 2; time++) {
      const pass = await begun(source)
      expect(pass.size).toBe(size)
      expect((await readAll(pass, 1000)).equals(bytes)).toBe(true)
    }
  })

  test.each([blockBytes, blockBytes + 1, 3 * blockBytes + 5])(
    'of %d bytes comes whole, and its size with its end',
    async size => {
      const bytes = content(size)
      const pieces = Array.from({ length: Math.ceil(size / 70_000) }, (_, at) =>
        bytes.subarray(at * 70_000, (at + 1) * 70_000),
      )
      const source = streamOf(pieces)
      const pass = await begun(source)
      expect(pass.size).toBeNull()
      expect((await readAll(pass)).equals(bytes)).toBe(true)
      expect(await source.begin()).toBeNull()
    },
  )

  test('can be begun again as long as nothing behind the first MiB was read', async () => {
    const source = streamOf([content(blockBytes), content(5)])
    const pass = await begun(source)
    await pass.read(Buffer.alloc(blockBytes))
    const again = await begun(source)
    expect(await readAll(again)).toHaveLength(blockBytes + 5)
    expect(await source.begin()).toBeNull()
  })

  test('that breaks is an error in a sentence', async () => {
    const broken = new StreamSource('input', async () => {
      throw Object.assign(new Error('EBADF'), { code: 'EBADF', errno: -9 })
    })
    expect(await failure(broken.begin())).toMatchObject({
      code: 'IO_ERROR',
      message: 'cannot read input: bad file descriptor',
    })
  })
})

describe('pieces', () => {
  async function gather(pieces: AsyncIterable<Buffer>): Promise<string> {
    let text = ''
    for await (const piece of pieces) text += piece
    return text
  }

  test('of a pipe end with its writer', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const writer = spawn('sh', ['-c', 'exec >pipe; printf one; sleep 0.05; printf two'], { cwd: folder })
    const fd = openSync(join(folder, 'pipe'), 'r')
    expect(await gather(readPieces(fd, { owned: true }))).toBe('onetwo')
    expect(writer.pid).toBeDefined()
  })

  test('of a named pipe end as well when its writer has gone before', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    for (const owned of [true, false]) {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      execFileSync('sh', ['-c', 'printf gone >pipe'], { cwd: folder })
      expect(await gather(readPieces(fd, { owned }))).toBe('gone')
    }
  })

  test('of a pipe that nobody writes to can be let go', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const both = openSync(path, constants.O_RDWR)
    const pieces = readPieces(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), { owned: true })
    const gathered = gather(pieces).catch(() => 'let go')
    writeSync(both, 'x')
    pieces.close()
    expect(await gathered).toBe('let go')
  })

  test('of a file begin where its offset stands', async () => {
    writeFileSync(join(folder, 'x'), 'bytes')
    expect(await gather(readPieces(openSync(join(folder, 'x'), 'r'), { owned: true }))).toBe('bytes')
    expect(await gather(readPieces(openSync('/dev/null', 'r'), { owned: true }))).toBe('')
  })
})

test('a folder is walked in the order of its bytes; what is neither file nor folder is named', () => {
  mkdirSync(join(folder, 'a/empty'), { recursive: true })
  mkdirSync(join(folder, 'links'))
  writeFileSync(join(folder, 'a/x'), '')
  writeFileSync(join(folder, 'a.txt'), '')
  symlinkSync('../a', join(folder, 'links/a'))
  execFileSync('mkfifo', [join(folder, 'links/pipe')])
  const found = [...walkFolder(Buffer.from(folder), 'here/')].map(one => [
    one.is,
    one.relative,
    'what' in one ? one.what : '',
  ])
  expect(found).toEqual([
    ['empty', 'a/empty', ''],
    ['file', 'a/x', ''],
    ['file', 'a.txt', ''],
    ['other', 'links/a', 'a link'],
    ['other', 'links/pipe', 'a FIFO'],
    ['empty', 'links', ''],
  ])
  expect([...walkFolder(Buffer.from(join(folder, 'a/empty')), 'here')]).toMatchObject([
    { is: 'empty', relative: '' },
  ])
  expect([...walkFolder(Buffer.from(join(folder, 'none')), 'none')]).toMatchObject([
    { is: 'unreadable', error: { message: 'cannot read none: no such file or directory' } },
  ])
})
