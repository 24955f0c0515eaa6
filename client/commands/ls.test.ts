import { lists, rowOf, silent } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { EscapedPath } from '../../protocol/listed-path.ts'
import type { Row } from '../../protocol/messages.ts'

const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')

const rows: Row[] = [
  rowOf('file1.txt', '=', { server1: one, server2: one }),
  rowOf('file2.txt', '*', { server1: one, server2: two }),
  rowOf('file3.txt', '+', { server1: one, server2: null }),
  rowOf('file5.txt', '-', { server1: null, server2: one }),
  rowOf('sub', '=', { server1: 'folder', server2: 'folder' }),
]

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onList = lists(rows)
})
afterEach(() => world.shell.remove())

test('rows are told with their mark, and any * is status 1', async () => {
  const { status, out, err } = await world.shell.run(['ls'])
  expect(out.lines).toEqual(['= file1.txt', '* file2.txt', '+ file3.txt', '- file5.txt', '= sub/'])
  expect(err.text).toBe('')
  expect(status).toBe(1)
})

test('without any * the status is 0', async () => {
  world.server.onList = lists(rows.filter(({ mark }) => mark !== '*'))
  expect((await world.shell.run(['ls'])).status).toBe(0)
  world.server.onList = lists([])
  const { status, out } = await world.shell.run(['ls', 'empty'])
  expect([status, out.text]).toEqual([0, ''])
})

test.each([
  [['ls'], '', false],
  [['ls', '.'], '', false],
  [['ls', '/', '-R'], '', true],
  [['ls', 'a/b/', '-lR'], 'a/b', true],
])('%j asks for the folder %j', async (argv, path, recursive) => {
  await world.shell.run(argv)
  expect(world.server.asked.at(-1)!.body).toEqual({ path, recursive, compare: true })
})

test('-l adds size, time and holders', async () => {
  const { out } = await world.shell.run(['ls', '-l'])
  expect(out.lines).toEqual([
    '=     19 B  3 min ago   server1 = server2  file1.txt',
    '*     19 B  3 min ago   server1 ≠ server2  file2.txt',
    '+     19 B  3 min ago   server1            file3.txt',
    '-     19 B  3 min ago   server2            file5.txt',
    '=        -  -           server1 = server2  sub/',
  ])
})

describe('--differing', () => {
  test('shows what is not the same everywhere, whatever the mark', async () => {
    world.server.onList = lists([
      ...rows,
      rowOf('away', '!', { server1: one, server2: null }),
      rowOf('late', '~', { server1: one, server2: null }),
    ])
    const { status, out } = await world.shell.run(['ls', '--differing'])
    expect(out.lines).toEqual(['* file2.txt', '+ file3.txt', '- file5.txt', '! away', '~ late'])
    expect(status).toBe(1)
  })

  test('goes with -R, -l and --json', async () => {
    world.server.onList = lists([rows[0]!, rows[2]!])
    const long = await world.shell.run(['ls', '-lR', '--differing'])
    expect(long.out.lines).toEqual(['+     19 B  3 min ago   server1            file3.txt'])
    expect(world.server.asked.at(-1)!.body).toEqual({ path: '', recursive: true, compare: true })
    expect(long.status).toBe(0)
    const json = await world.shell.run(['ls', '--differing', '--json'])
    expect(json.out.lines.map(line => JSON.parse(line))).toMatchObject([{ path: 'file3.txt', mark: '+' }])
  })

  test('shows nothing where everything is the same', async () => {
    world.server.onList = lists([rows[0]!, rows[4]!])
    const { status, out } = await world.shell.run(['ls', '--differing'])
    expect([status, out.text]).toEqual([0, ''])
  })
})

test('--json is a line a file with every key', async () => {
  const { out } = await world.shell.run(['--json', 'ls'])
  const digest = digestOf(one).digest
  const copy = { digest, size: 19, mtime: '2025-12-31T23:57:00.000Z' }
  const documents = out.lines.map(line => JSON.parse(line))
  expect(documents).toHaveLength(5)
  expect(documents[2]).toEqual({
    path: 'file3.txt',
    type: 'file',
    mark: '+',
    size: 19,
    digest,
    nodes: { server1: copy, server2: null },
  })
  expect(documents[4]).toMatchObject({
    type: 'folder',
    size: null,
    digest: null,
    nodes: { server1: { digest: null, size: null } },
  })
})

describe('a name that no path can be', () => {
  const odd: Row = { ...rowOf('', '!', { server1: 'link' }), escaped: true, path: 'a\\xff' as EscapedPath }
  beforeEach(() => {
    world.server.onList = lists([rowOf('a\\xff', '=', { server1: one }), odd])
  })

  test('is shown escaped, and told from a path that reads the same', async () => {
    const { out, status } = await world.shell.run(['ls'])
    expect(out.lines).toEqual(['= a\\xff', '! a\\xff  (no path can have this name)'])
    expect(status).toBe(0)
  })

  test('is not taken for the path that was asked for', async () => {
    world.server.onList = lists([odd])
    expect((await world.shell.run(['ls', 'a\\xff/'])).out.text).toContain('no path can have this name')
  })

  test('is said to be escaped in JSON', async () => {
    const { out } = await world.shell.run(['ls', '--json'])
    const documents = out.lines.map(line => JSON.parse(line))
    expect(documents.map(({ path, escaped, type, mark }) => [path, escaped, type, mark])).toEqual([
      ['a\\xff', undefined, 'file', '='],
      ['a\\xff', true, 'other', '!'],
    ])
    // Nobody knows the time of what is neither file nor folder.
    expect(documents[1].nodes).toMatchObject({ server1: { digest: null, size: null, mtime: null } })
  })
})

describe('a node that could not be asked', () => {
  const unreachable = [silent('server2')]
  beforeEach(() => {
    world.server.onList = lists([rowOf('a', '!', { server1: one, server2: null })], unreachable)
  })

  test('is told to a person on standard error, and does not count', async () => {
    const { status, out, err } = await world.shell.run(['ls'])
    expect(out.text).toBe('! a\n')
    expect(err.text).toBe('not compared: server2 did not answer within 2 s\n')
    expect(status).toBe(0)
  })

  test('is an error with --strict', async () => {
    const { status, err } = await world.shell.run(['ls', 'sub', '--strict'])
    expect([status, err.text]).toEqual([2, 'ERROR UNREACHABLE sub: server2 did not answer within 2 s\n'])
    const json = await world.shell.run(['ls', '--strict', '--json'])
    expect(json.out.lines.map(line => JSON.parse(line))).toMatchObject([
      { path: 'a', mark: '!' },
      { ok: false, error: { code: 'UNREACHABLE' } },
    ])
  })

  test('is an error with --strict when a single copy could not be read', async () => {
    world.server.onList = lists([rowOf('a', '!', { server1: one, server2: null })])
    const { status, err } = await world.shell.run(['ls', '--strict'])
    expect([status, err.text]).toEqual([2, 'ERROR UNREACHABLE: a copy could not be compared\n'])
  })
})

test('a folder that is not there is an error', async () => {
  world.server.onList = stream => stream.fail(new ConcurError('NOT_FOUND', 'not on server1, not on server2'))
  const { status, err } = await world.shell.run(['ls', 'nowhere'])
  expect([status, err.text]).toEqual([2, 'ERROR NOT_FOUND nowhere: not on server1, not on server2\n'])
  const json = await world.shell.run(['ls', 'nowhere', '--json'])
  expect(JSON.parse(json.out.text)).toEqual({
    ok: false,
    error: { code: 'NOT_FOUND', message: 'nowhere: not on server1, not on server2' },
  })
})

test('a path that is none is refused before anybody is asked', async () => {
  const { status, err } = await world.shell.run(['ls', '..'])
  expect([status, err.text]).toEqual([2, 'ERROR BAD_PATH ..: not a path: .. as a part\n'])
  expect(world.server.connectionCount).toBe(0)
})

test('a file lists itself, and is NOT_DIRECTORY with a trailing slash', async () => {
  world.server.onList = lists([rows[0]!])
  expect((await world.shell.run(['ls', 'file1.txt'])).out.text).toBe('= file1.txt\n')
  const { status, err } = await world.shell.run(['ls', 'file1.txt/'])
  expect([status, err.text]).toEqual([
    2,
    'ERROR NOT_DIRECTORY file1.txt: a file on server1, a file on server2\n',
  ])
})

test('names cannot write to the terminal', async () => {
  world.server.onList = lists([rowOf('a\u009b2Jb', '=', { server1: one })])
  expect((await world.shell.run(['ls'])).out.text).toBe('= a\ufffd2Jb\n')
})
