import { mkdirSync } from 'node:fs'
import { absent, errorVerdict, node, readsFrom, silent, versionOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'

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

describe('--json', () => {
  test('is one document of every key', async () => {
    const { out, err } = await world.shell.run(['--json', 'get', 'file1.txt'])
    const { digest } = versionOf({ bytes: hello, on: both })
    expect(JSON.parse(out.text)).toEqual({
      verdict: 'SINGLE_FILE',
      path: 'file1.txt',
      versions: [
        {
          digest,
          size: 31,
          mtime: '2025-12-31T23:57:00.000Z',
          type: 'file',
          nodes: ['server1', 'server2'],
          cause: null,
          note: null,
          checkedAt: { server1: '2025-12-31T23:57:00.000Z', server2: '2025-12-31T23:57:00.000Z' },
          savedAs: 'file1.txt',
        },
      ],
      missing: [],
      stale: [],
      unreachable: [],
      details: {},
      error: null,
    })
    expect(out.lines).toHaveLength(1)
    expect(err.text).toBe('')
  })

  test('is a line for each of several paths', async () => {
    const { out } = await world.shell.run(['get', 'file1.txt', 'file4.txt', '--json'])
    expect(out.lines.map(line => JSON.parse(line).verdict)).toEqual(['SINGLE_FILE', 'ERROR'])
  })

  test('of an error has the same shape, and names each node that does not count', async () => {
    world.server.onRead = stream =>
      stream.send(
        'VERDICT',
        {
          ...errorVerdict('UNREACHABLE', 'not on server1; server2 did not answer within 2 s'),
          missing: [node('server1')],
          unreachable: [node('server2')],
          details: [absent('server1'), silent('server2')],
        },
        true,
      )
    const { status, out } = await world.shell.run(['--json', 'get', 'x'])
    expect(status).toBe(2)
    expect(JSON.parse(out.text)).toEqual({
      verdict: 'ERROR',
      path: 'x',
      versions: [],
      missing: ['server1'],
      stale: [],
      unreachable: ['server2'],
      details: {
        server1: { reason: 'has no such file', behindOps: null },
        server2: { reason: 'did not answer within 2 s', behindOps: null },
      },
      error: { code: 'UNREACHABLE', message: 'not on server1; server2 did not answer within 2 s' },
    })
  })

  test('of --strict is an ERROR with the versions filled', async () => {
    const others = { unreachable: [node('server2')], details: [silent('server2')] }
    world.server.onRead = readsFrom({ x: [{ bytes: one, on: ['server1'] }] }, others)
    const document = JSON.parse((await world.shell.run(['--json', '--strict', 'get', 'x'])).out.text)
    expect(document).toMatchObject({
      verdict: 'ERROR',
      error: { code: 'UNREACHABLE' },
      unreachable: ['server2'],
    })
    expect(document.versions).toMatchObject([{ nodes: ['server1'], savedAs: null }])
  })

  test('of a path that is none is an ERROR, and nobody is asked', async () => {
    const { status, out } = await world.shell.run(['--json', 'get', '../x'])
    expect(status).toBe(2)
    expect(JSON.parse(out.text)).toMatchObject({
      verdict: 'ERROR',
      path: '../x',
      versions: [],
      error: { code: 'BAD_PATH' },
    })
    expect(world.server.connectionCount).toBe(0)
  })

  test('of a place where nothing can be saved has the versions filled', async () => {
    mkdirSync(world.shell.path('file1.txt'))
    const document = JSON.parse((await world.shell.run(['--json', 'get', 'file1.txt'])).out.text)
    expect(document).toMatchObject({
      verdict: 'ERROR',
      error: { code: 'IO_ERROR' },
      versions: [{ savedAs: null }],
    })
  })
})
