import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import {
  endBodies,
  type Held,
  lists,
  node,
  readsFrom,
  rowOf,
  sendBody,
  silent,
  verdictOf,
} from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { EscapedPath } from '../../protocol/listed-path.ts'
import type { Row } from '../../protocol/messages.ts'
import type { Stream } from '../../protocol/stream.ts'

const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')
const both = ['server1', 'server2']

const agreed = (path: string): Row => rowOf(path, null, { server1: one, server2: one })
const folder = (path: string): Row => rowOf(path, null, { server1: 'folder', server2: 'folder' })

let world: ClientWorld
let tree: Record<string, Held[]>
beforeEach(async () => {
  world = await clientWorld()
  tree = {
    'p/a': [{ bytes: one, on: both }],
    'p/sub/b': [{ bytes: one, on: both, executable: true }],
    'p/sub/deep/c': [{ bytes: Buffer.alloc(0), on: both }],
  }
  world.server.onRead = (stream, request) => readsFrom(tree)(stream, request)
  world.server.onList = lists([
    agreed('p/a'),
    folder('p/empty'),
    folder('p/sub'),
    agreed('p/sub/b'),
    agreed('p/sub/deep/c'),
  ])
})
afterEach(() => world.shell.remove())

test('a folder comes with all that is below it, empty folders included, and is told in one line', async () => {
  const { status, out, err } = await world.shell.run(['get', '-r', 'p'])
  expect(out.text).toBe('3 files  38 B  saved in p\n')
  expect([status, err.text]).toEqual([0, ''])
  expect(world.server.asked[0]!.body).toEqual({ path: 'p', recursive: true, compare: false })
  expect(world.shell.content('p/a')).toBe(one.toString())
  expect(world.shell.content('p/sub/deep/c')).toBe('')
  expect(lstatSync(world.shell.path('p/sub/b')).mode & 0o100).toBe(0o100)
  expect(lstatSync(world.shell.path('p/empty')).isDirectory()).toBe(true)
})

test('it is named as its last part, as -o says, or lies inside an existing folder', async () => {
  mkdirSync(world.shell.path('into'))
  await world.shell.run(['get', '-r', 'p/', '-o', 'new'])
  expect((await world.shell.run(['get', '-r', 'p', '-o', 'into'])).out.text).toBe(
    '3 files  38 B  saved in into/p\n',
  )
  expect(world.shell.content('new/a')).toBe(one.toString())
  expect(world.shell.content('into/p/a')).toBe(one.toString())
})

test('an empty folder is made as well', async () => {
  world.server.onList = lists([])
  const { status, out } = await world.shell.run(['get', '-r', 'p'])
  expect([status, out.text]).toEqual([0, '0 files  0 B  saved in p\n'])
  expect(world.shell.names).toEqual(['p'])
})

test('the worst of its files counts; what is not as it should be is told, and the rest comes', async () => {
  tree['p/a'] = [
    { bytes: one, on: ['server1'] },
    { bytes: two, on: ['server2'] },
  ]
  const differing = await world.shell.run(['get', '-r', 'p'])
  expect(differing.status).toBe(1)
  expect(differing.out.lines[0]).toBe('DIFFERENT_FILES p/a  2 versions  never replicated')
  expect(differing.out.lines[1]).toMatch(/ saved as p\/a.server1$/)
  expect(differing.out.lines.at(-1)).toBe('3 files  57 B  saved in p  1 with copies that differ')
  delete tree['p/sub/b']
  const failing = await world.shell.run(['get', '-r', 'p'])
  expect(failing.status).toBe(2)
  expect(failing.err.text).toBe('ERROR NOT_FOUND p/sub/b: not on server1, not on server2\n')
  expect(failing.out.lines.at(-1)).toBe('3 files  38 B  saved in p  1 with copies that differ  1 failed')
})

test('nodes that lack files, or did not answer, are named in the line', async () => {
  const others = { missing: [node('server2')], unreachable: [node('server3')], details: [silent('server3')] }
  world.server.onRead = (stream, request) => readsFrom(tree, others)(stream, request)
  world.server.onList = lists([agreed('p/a'), agreed('p/sub/b')], [silent('server3')])
  const { status, out } = await world.shell.run(['get', '-r', 'p'])
  expect(out.text).toBe(
    '2 files  38 B  saved in p  (2 missing on server2)  (server3 did not answer within 2 s)\n',
  )
  expect(status).toBe(0)
})

test('--json is a line a file and no summary', async () => {
  const { out } = await world.shell.run(['get', '-r', 'p', '--json'])
  const documents = out.lines.map(line => JSON.parse(line))
  expect(documents.map(({ path }) => path).sort()).toEqual(['p/a', 'p/sub/b', 'p/sub/deep/c'])
  expect(documents.every(({ versions }) => versions[0].savedAs.startsWith('p/'))).toBe(true)
})

test('--strict is an error when a node could not list the folder, though all files came', async () => {
  world.server.onList = lists([agreed('p/a')], [silent('server2')])
  const { status, err } = await world.shell.run(['get', '-r', 'p', '--strict'])
  expect([status, err.text]).toEqual([2, 'ERROR UNREACHABLE p: server2 did not answer within 2 s\n'])
})

test('--from leaves out what that node does not hold', async () => {
  world.server.onList = lists([agreed('p/a'), rowOf('p/sub/b', null, { server1: one, server2: null })])
  const { status, out } = await world.shell.run(['get', '-r', 'p', '--from', 'server2'])
  expect([status, out.text]).toEqual([0, '1 file  19 B  saved in p\n'])
})

test('what has a name that no path can be is skipped and told, even where a path reads the same', async () => {
  const odd: Row = { ...rowOf('', null, { server1: 'link' }), escaped: true, path: 'p/a' as EscapedPath }
  world.server.onList = lists([agreed('p/a'), odd, { ...odd, path: 'p' as EscapedPath }])
  const { status, out, err } = await world.shell.run(['get', '-r', 'p'])
  expect(err.text).toBe('skipped p/a: not a file\nskipped p: not a file\n')
  expect(out.text).toBe('1 file  19 B  saved in p  2 skipped\n')
  expect(status).toBe(0)
})

test('what is no file anywhere is skipped and told', async () => {
  world.server.onList = lists([agreed('p/a'), rowOf('p/link', null, { server1: 'link', server2: null })])
  const { status, out, err } = await world.shell.run(['get', '-r', 'p'])
  expect(err.text).toBe('skipped p/link: not a file\n')
  expect(out.text).toBe('1 file  19 B  saved in p  1 skipped\n')
  expect(status).toBe(0)
})

test('a file is fetched as without -r', async () => {
  world.server.onList = lists([agreed('p/a')])
  expect((await world.shell.run(['get', '-r', 'p/a'])).out.text).toMatch(/^SINGLE_FILE p\/a .* saved as a\n$/)
  expect((await world.shell.run(['get', '-r', 'p/a/'])).err.text).toMatch(/^ERROR NOT_DIRECTORY p\/a: /)
})

test('a folder that cannot be listed is an error of the shape of get', async () => {
  world.server.onList = stream => stream.fail(new ConcurError('NOT_FOUND', 'not on server1, not on server2'))
  const { status, out } = await world.shell.run(['get', '-r', 'p', '--json'])
  expect(status).toBe(2)
  expect(JSON.parse(out.text)).toMatchObject({ verdict: 'ERROR', path: 'p', error: { code: 'NOT_FOUND' } })
  expect(world.shell.names).toEqual([])
})

test.each(['.', '/', ''])('the whole tree (%j) is no path to get', async path => {
  expect((await world.shell.run(['get', '-r', path])).err.text).toMatch(/^ERROR BAD_PATH/)
})

test('a folder does not go to standard output', async () => {
  const { status, err } = await world.shell.run(['get', '-r', 'p', '-o', '-'])
  expect(status).toBe(2)
  expect(err.text).toMatch(/^ERROR USAGE: .*-r and -o - exclude each other\n$/)
})

test('no more than sixteen files are read at once', async () => {
  const names = Array.from({ length: 40 }, (_, nth) => `p/${String(nth).padStart(2, '0')}`)
  world.server.onList = lists(names.map(agreed))
  const waiting: (() => void)[] = []
  let mostAtOnce = 0
  world.server.onRead = stream => {
    waiting.push(() => answerWith(stream))
    mostAtOnce = Math.max(mostAtOnce, waiting.length)
    setImmediate(() => setImmediate(() => waiting.shift()?.()))
  }
  const { out } = await world.shell.run(['get', '-r', 'p'])
  expect(out.text).toBe('40 files  760 B  saved in p\n')
  expect(mostAtOnce).toBe(16)
})

function answerWith(stream: Stream): void {
  stream.send('VERDICT', verdictOf([{ bytes: one, on: both }]))
  sendBody(stream, 0, one)
  endBodies(stream)
}

describe('whatever the server lists, nothing outside the folder is touched', () => {
  test('a row that is not in the folder ends the listing', async () => {
    world.server.onList = lists([agreed('q/a')])
    const { status, err } = await world.shell.run(['get', '-r', 'p'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR BAD_FRAME p: the server lists q/a, which is not in the folder\n')
    expect(world.shell.names).toEqual([])
  })

  test.each(['p/../../etc/x', '/etc/x', 'p//x', 'p/./x'])(
    'a row named %s ends the connection',
    async path => {
      world.server.onList = lists([agreed(path)])
      const { status } = await world.shell.run(['get', '-r', 'p'])
      expect(status).toBe(2)
      expect(world.shell.names).toEqual([])
      expect(world.server.pathsRead).toEqual([])
    },
  )

  test('a link below the folder is neither passed through nor written through', async () => {
    mkdirSync(world.shell.path('elsewhere'))
    mkdirSync(world.shell.path('p'))
    writeFileSync(world.shell.path('elsewhere/mine'), 'mine')
    symlinkSync('../elsewhere', world.shell.path('p/sub'))
    symlinkSync('../elsewhere/mine', world.shell.path('p/a'))
    const { status, err } = await world.shell.run(['get', '-r', 'p'])
    expect(status).toBe(2)
    expect(err.lines.sort()).toEqual([
      'ERROR IO_ERROR p/a: cannot be saved as p/a: a link of that name is there',
      'ERROR IO_ERROR p/sub/b: cannot be saved as p/sub: something that is no folder is there',
      'ERROR IO_ERROR p/sub/deep/c: cannot be saved as p/sub: something that is no folder is there',
      'ERROR IO_ERROR p/sub: cannot be saved as p/sub: something that is no folder is there',
    ])
    expect(readFileSync(world.shell.path('elsewhere/mine'), 'utf8')).toBe('mine')
  })

  test('a path that is a file and a folder at once gives one of them', async () => {
    world.server.onList = lists([agreed('p/a'), agreed('p/a/b')])
    tree['p/a/b'] = [{ bytes: two, on: both }]
    const { status } = await world.shell.run(['get', '-r', 'p'])
    expect(status).toBe(2)
  })
})
