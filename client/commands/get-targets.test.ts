import { chmodSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { endBodies, readsFrom, sendBody, verdictOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'

const hello = Buffer.from('Hello!! Identical content test\n')
const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')
const both = ['server1', 'server2']
const hourMs = 3_600_000

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onRead = readsFrom({
    'file1.txt': [{ bytes: hello, on: both }],
    'file2.txt': [
      { bytes: one, on: ['server1'] },
      { bytes: two, on: ['server2'], mtimeMs: world.time.nowMs() - hourMs },
    ],
    'sub/tool': [{ bytes: hello, on: both, executable: true }],
    empty: [{ bytes: Buffer.alloc(0), on: both }],
  })
})
afterEach(() => world.shell.remove())

describe('where it is saved', () => {
  test('-o names the file, a folder to put it into, or what goes before the node', async () => {
    mkdirSync(world.shell.path('into'))
    expect((await world.shell.run(['get', 'sub/tool', '-o', 'named'])).out.text).toMatch(/ saved as named\n$/)
    expect((await world.shell.run(['get', 'sub/tool', '-o', 'into'])).out.text).toMatch(
      / saved as into\/tool\n$/,
    )
    expect((await world.shell.run(['get', 'sub/tool', '-o', 'into/'])).out.text).toMatch(
      / saved as into\/tool\n$/,
    )
    await world.shell.run(['get', 'file2.txt', '-o', 'both'])
    expect(world.shell.names).toEqual(['both.server1', 'both.server2', 'into', 'named'])
  })

  test('a folder that -o wants and that is not there is an error', async () => {
    const { status, err } = await world.shell.run(['get', 'file1.txt', '-o', 'nowhere/'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR IO_ERROR file1.txt: cannot be saved as nowhere/: there is no such folder\n')
    const below = await world.shell.run(['get', 'file1.txt', '-o', 'nowhere/x'])
    expect(below.err.text).toBe(
      'ERROR IO_ERROR file1.txt: cannot be saved as nowhere/x: no such file or directory\n',
    )
  })

  test('a folder in the way of a file is an error', async () => {
    mkdirSync(world.shell.path('file1.txt'))
    const { status, err } = await world.shell.run(['get', 'file1.txt'])
    expect(status).toBe(2)
    expect(err.text).toBe(
      'ERROR IO_ERROR file1.txt: cannot be saved as file1.txt: a folder of that name is there\n',
    )
    expect(world.shell.names).toEqual(['file1.txt'])
  })

  test('the executable bit is given and taken, and a replaced file keeps its other permissions', async () => {
    const modeOf = (name: string) => statSync(world.shell.path(name)).mode & 0o777
    const umask = process.umask(0o027)
    try {
      await world.shell.run(['get', 'sub/tool', 'file1.txt'])
      expect([modeOf('tool'), modeOf('file1.txt')]).toEqual([0o750, 0o640])
    } finally {
      process.umask(umask)
    }
    chmodSync(world.shell.path('tool'), 0o604)
    chmodSync(world.shell.path('file1.txt'), 0o711)
    const stricter = process.umask(0o077)
    await world.shell.run(['get', 'sub/tool', 'file1.txt'])
    process.umask(stricter)
    expect([modeOf('tool'), modeOf('file1.txt')]).toEqual([0o705, 0o600])
  })

  test('a link is written through and stays a link, even when what it names is not there yet', async () => {
    mkdirSync(world.shell.path('real'))
    symlinkSync('real/data', world.shell.path('file1.txt'))
    await world.shell.run(['get', 'file1.txt'])
    expect(readlinkSync(world.shell.path('file1.txt'))).toBe('real/data')
    expect(world.shell.content('real/data')).toBe(hello.toString())
    writeFileSync(world.shell.path('real/data'), 'old')
    await world.shell.run(['get', 'file1.txt'])
    expect(world.shell.content('real/data')).toBe(hello.toString())
  })

  test('links that lead to themselves are an error', async () => {
    symlinkSync('file1.txt', world.shell.path('file1.txt'))
    expect((await world.shell.run(['get', 'file1.txt'])).err.text).toMatch(
      /^ERROR IO_ERROR file1.txt: cannot be saved/,
    )
  })

  test('a device is written to, and takes nothing where the copies differ', async () => {
    expect((await world.shell.run(['get', 'file1.txt', '-o', '/dev/null'])).out.text).toMatch(
      / saved as \/dev\/null\n$/,
    )
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    const { status, out } = await world.shell.run(['get', 'file2.txt', '-o', '/dev/null'])
    expect(status).toBe(1)
    expect(out.text).not.toMatch(/saved as/)
    expect(world.server.lastRead.bodies).toBe('agreed')
  })

  test('a full disk is NO_SPACE', async () => {
    const { status, err } = await world.shell.run(['get', 'file1.txt', '-o', '/dev/full'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR NO_SPACE file1.txt: cannot be saved as /dev/full: no space left on device\n')
  })

  test('several paths and a name for one file are wrong usage', async () => {
    const { status, err } = await world.shell.run(['get', 'file1.txt', 'empty', '-o', 'name'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR USAGE: -o must be an existing folder for 2 paths, not "name"\n')
    expect(world.server.asked).toEqual([])
  })

  test('two paths that would be saved under one name are wrong usage', async () => {
    const { err } = await world.shell.run(['get', 'a/x', 'b/x'])
    expect(err.text).toBe('ERROR USAGE: a/x and b/x would both be saved as x\n')
  })

  test('a name of 255 bytes finds room for its temporary file', async () => {
    const name = 'ü'.repeat(127)
    world.server.onRead = readsFrom({ [name]: [{ bytes: one, on: both }] })
    expect((await world.shell.run(['get', name])).status).toBe(0)
    expect(world.shell.names).toEqual([name])
  })
})

describe('nothing stays of a read that fails', () => {
  const large = Buffer.alloc(3 * 2 ** 20, 'large ')

  test('in the middle of a body', async () => {
    writeFileSync(world.shell.path('x'), 'mine')
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: large, on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: large.length })
      void stream.sendPiece('DIGESTS', digestOf(large).blockDigests)
      void stream
        .sendPiece('CHUNK', large.subarray(0, 2 ** 20))
        .then(() => stream.fail(new ConcurError('IO_ERROR', 'server1: input/output error')))
    }
    const { status, err } = await world.shell.run(['get', 'x'])
    expect([status, err.text]).toEqual([2, 'ERROR IO_ERROR x: server1: input/output error\n'])
    expect(world.shell.names).toEqual(['x'])
    expect(world.shell.content('x')).toBe('mine')
  })

  test('whose content is never what the verdict says', async () => {
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: large, on: both }]))
      sendBody(stream, 0, Buffer.from(large).fill(1, 2 ** 21), digestOf(large).blockDigests)
      endBodies(stream)
    }
    const { status, out } = await world.shell.run(['get', 'x', '--json'])
    expect(status).toBe(2)
    expect(JSON.parse(out.text)).toMatchObject({
      verdict: 'ERROR',
      error: { code: 'CHANGED' },
      versions: [{ nodes: both, savedAs: null }],
    })
    expect(world.shell.names).toEqual([])
  })

  test('of one version, when the other cannot be saved', async () => {
    mkdirSync(world.shell.path('file2.txt.server2'))
    const { status, err } = await world.shell.run(['get', 'file2.txt'])
    expect(status).toBe(2)
    expect(err.text).toMatch(/^ERROR IO_ERROR file2.txt: cannot be saved as file2.txt.server2: /)
    expect(world.shell.names).toEqual(['file2.txt.server2'])
  })

  test('when what was a file has become a folder meanwhile', async () => {
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: one, on: both }]))
      sendBody(stream, 0, one)
      mkdirSync(world.shell.path('x'))
      endBodies(stream)
    }
    expect((await world.shell.run(['get', 'x'])).status).toBe(2)
    expect(world.shell.names).toEqual(['x'])
  })
})
