import { lists, rowOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

describe('mv', () => {
  test('gives another name', async () => {
    const { status, out } = await world.shell.run(['mv', 'a.txt', 'b.txt'])
    expect([status, out.text]).toEqual([
      0,
      'mv a.txt → b.txt  seq 812  copies 2 of 2\nundo: concur mv b.txt a.txt\n',
    ])
    expect(world.server.lastChange.what).toEqual({ type: 'rename', from: 'a.txt', to: 'b.txt', force: false })
  })

  test('into a folder keeps the last part; --force lets what is there give way', async () => {
    await world.shell.run(['mv', 'sub/a.txt', 'into/'])
    expect(world.server.lastChange.what).toMatchObject({ from: 'sub/a.txt', to: 'into/a.txt', force: false })
    await world.shell.run(['mv', '-f', 'a', 'b'])
    expect(world.server.lastChange.what).toMatchObject({ to: 'b', force: true })
  })

  test.each([
    [['a', '../b'], 'ERROR BAD_PATH ../b: not a path: .. as a part'],
    [['/a', 'b'], 'ERROR BAD_PATH /a: not a path: it begins with /'],
    [[`${'a'.repeat(200)}`, `${'b/'.repeat(2000)}`], 'ERROR BAD_PATH'],
  ])('%j is refused, and nobody is asked', async (words, line) => {
    const { status, err } = await world.shell.run(['mv', ...words])
    expect([status, err.text.startsWith(line)]).toEqual([2, true])
    expect(world.server.connectionCount).toBe(0)
  })

  test('onto what exists is the server’s to refuse', async () => {
    world.server.onChange = stream => stream.fail(new ConcurError('ALREADY_EXISTS', 'b exists on server1'))
    const { status, err } = await world.shell.run(['mv', 'a', 'b'])
    expect([status, err.text]).toEqual([2, 'ERROR ALREADY_EXISTS a → b: b exists on server1\n'])
  })
})

describe('rm', () => {
  test('deletes a file; a folder with -r; what is not there with -f', async () => {
    const { status, out } = await world.shell.run(['rm', 'a.txt'])
    expect([status, out.text]).toEqual([
      0,
      'rm a.txt  seq 812  copies 2 of 2\nundo: concur restore a.txt --at 811\n',
    ])
    expect(world.server.lastChange.what).toEqual({
      type: 'delete',
      path: 'a.txt',
      recursive: false,
      force: false,
    })
    await world.shell.run(['rm', '-rf', 'sub'])
    expect(world.server.lastChange.what).toMatchObject({ recursive: true, force: true })
  })

  test('-f of nothing is done, and says so', async () => {
    world.server.onChange = (stream, request) => world.server.finish(stream, request, null, { op: null })
    const { status, out } = await world.shell.run(['rm', '-f', 'nothing'])
    expect([status, out.text]).toEqual([0, 'rm nothing  nothing is there\n'])
    expect(JSON.parse((await world.shell.run(['rm', '-f', 'nothing', '--json'])).out.text)).toMatchObject({
      ok: true,
      op: null,
      digest: null,
    })
  })
})

describe('mkdir', () => {
  test('makes a folder, with -p those above it as well', async () => {
    const { status, out } = await world.shell.run(['mkdir', 'a/b/'])
    expect([status, out.text]).toEqual([0, 'mkdir a/b  seq 812  copies 2 of 2\nundo: concur rm -r a/b\n'])
    expect(world.server.lastChange.what).toEqual({ type: 'mkdir', path: 'a/b', parents: false })
    await world.shell.run(['mkdir', '-p', 'a/b'])
    expect(world.server.lastChange.what).toMatchObject({ parents: true })
  })

  test('-p of what is there is done, and says so', async () => {
    world.server.onChange = (stream, request) => world.server.finish(stream, request, null, { op: null })
    const { status, out } = await world.shell.run(['mkdir', '-p', 'a'])
    expect([status, out.text]).toEqual([0, 'mkdir a  is there already\n'])
  })
})

describe('a / at the end of what is there', () => {
  const file = rowOf('x', null, { server1: Buffer.from('a file'), server2: null })
  const changes = [
    ['rm', '-r', 'x/'],
    ['mv', 'x/', 'y'],
  ]

  test.each(changes)('means a folder, and is NOT_DIRECTORY of a file: %s %s %s', async (...argv) => {
    world.server.onList = lists([file])
    const { status, err } = await world.shell.run(argv)
    expect([status, err.text]).toEqual([
      2,
      expect.stringMatching(/^ERROR NOT_DIRECTORY x\/?: a file on server1\n$/),
    ])
    expect(world.server.changes).toEqual([])
  })

  test.each(changes)('is taken off for a folder, and for nothing: %s %s %s', async (...argv) => {
    world.server.onList = lists([rowOf('x/inside', null, { server1: Buffer.from('a file'), server2: null })])
    expect((await world.shell.run(argv)).status).toBe(0)
    world.server.onList = stream => stream.fail(new ConcurError('NOT_FOUND', 'not on server1'))
    expect((await world.shell.run(argv)).status).toBe(0)
    expect(world.server.changes).toHaveLength(2)
  })
})
