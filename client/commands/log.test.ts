import { loggedOf, logs } from '../../fixtures/client-changes.ts'
import { KeptOutput } from '../../fixtures/client-program.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { LogRequest } from '../../protocol/messages.ts'
import { ReaderGoneError } from '../terminal/output.ts'

const address = { host: '127.0.0.1', port: 6001 }

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

const asked = (): LogRequest[] =>
  world.server.asked.flatMap(({ opcode, body }) => (opcode === 'LOG' ? [body] : []))

/** Ends the following after so many writes. */
function readerOf(writes: number): KeptOutput {
  const out = new KeptOutput()
  let left = writes
  out.onWrite = async () => {
    if (left-- === 0) throw new ReaderGoneError('gone')
  }
  return out
}

test('a line an operation, oldest first', async () => {
  world.server.onLog = logs([
    [loggedOf(810), loggedOf(811, { type: 'delete', path: 'old' as never, size: null, digest: null })],
    [
      loggedOf(812, {
        type: 'rename',
        path: 'b' as never,
        from: 'a' as never,
        size: null,
        digest: null,
        client: null,
      }),
    ],
  ])
  const { status, out } = await world.shell.run(['log'])
  expect(out.lines).toEqual([
    expect.stringMatching(
      /^ {3}810 {2}3 min ago {3}put report\.pdf {2}2\.1 MiB {2}b3:[0-9a-f]{4}… {2}by ann@laptop$/,
    ),
    '   811  3 min ago   delete old  by ann@laptop',
    '   812  3 min ago   rename a → b',
  ])
  expect(status).toBe(0)
  expect(asked()).toEqual([{ path: '', sinceSeq: null, last: null, follow: false }])
})

test('nothing is no line', async () => {
  const { status, out } = await world.shell.run(['log', 'x'])
  expect([status, out.text]).toEqual([0, ''])
})

test('--json is a line of every key', async () => {
  world.server.onLog = logs([
    [loggedOf(810), loggedOf(811, { type: 'mkdir', size: null, digest: null, client: null })],
  ])
  const { out } = await world.shell.run(['log', '--json'])
  const { digest } = loggedOf(810)
  expect(out.lines.map(line => JSON.parse(line))).toEqual([
    {
      epoch: 3,
      seq: 810,
      time: '2025-12-31T23:57:00.000Z',
      client: 'ann@laptop',
      type: 'put',
      path: 'report.pdf',
      from: null,
      size: 2_202_010,
      digest,
    },
    expect.objectContaining({ seq: 811, client: null, type: 'mkdir', from: null, size: null, digest: null }),
  ])
})

test.each([
  [['log', 'x/y'], { path: 'x/y' }],
  [['log', '.'], { path: '' }],
  [['log', 'sub/'], { path: 'sub' }],
  [['log', '--since', '800'], { sinceSeq: 800 }],
  [['log', '-n', '3'], { last: 3 }],
  [['log', '-n3', '--since=0'], { last: 3, sinceSeq: 0 }],
] as [string[], Partial<LogRequest>][])('%j asks for %j', async (argv, wish) => {
  await world.shell.run(argv)
  expect(asked()).toEqual([{ path: '', sinceSeq: null, last: null, follow: false, ...wish }])
})

test.each([
  [['log', '--since', '-1'], '--since must be a whole number from 0 to 9007199254740991, not "-1"'],
  [['log', '-n', 'all'], '--last must be a whole number from 0 to 4294967295, not "all"'],
])('%j is refused', async (argv, sentence) => {
  expect((await world.shell.run(argv)).err.text).toBe(`ERROR USAGE: ${sentence}\n`)
})

test.each([
  ['../x', /^ERROR BAD_PATH \.\.\/x: /],
  ['x', /^ERROR NOT_FOUND x: not on server1\n$/],
])('%s that cannot be told is an error, and status 2', async (path, line) => {
  world.server.onLog = stream => stream.fail(new ConcurError('NOT_FOUND', 'not on server1'))
  const { status, err } = await world.shell.run(['log', path])
  expect(err.text).toMatch(line)
  expect(status).toBe(2)
  expect(JSON.parse((await world.shell.run(['log', path, '--json'])).out.text)).toMatchObject({ ok: false })
})

describe('--follow', () => {
  test.each([
    [['log', '--follow'], { last: 10, sinceSeq: null }],
    [['log', '--follow', '-n', '2'], { last: 2, sinceSeq: null }],
    [['log', '--follow', '--since', '5'], { last: null, sinceSeq: 5 }],
  ])('%j asks for %j', async (argv, wish) => {
    await world.shell.run(argv)
    expect(asked()).toMatchObject([{ ...wish, follow: true }])
  })

  test('tells what comes as it comes, and lets go with its reader', async () => {
    let cancelled = false
    world.server.onLog = stream => {
      stream.listen({
        onMessage() {},
        onFailed: () => {
          cancelled = true
        },
      })
      void stream.sendFlow('LOGGED', { operations: [loggedOf(810)] })
      for (let at = 500; at < 60_000; at += 500)
        world.time.after(at, () => stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 }))
      world.time.after(40_000, () => void stream.sendFlow('LOGGED', { operations: [loggedOf(811)] }))
      world.time.after(50_000, () => void stream.sendFlow('LOGGED', { operations: [loggedOf(812)] }))
    }
    const out = readerOf(2)
    const running = world.shell.run(['log', '--follow'], { out })
    await world.time.pass(30_000)
    expect(out.lines).toEqual([expect.stringMatching(/^ {3}810 {2}2025-12-31T23:57:00Z {2}put report\.pdf /)])
    await world.time.pass(20_000)
    expect((await running).status).toBe(141)
    expect(out.lines).toHaveLength(2)
    await world.time.pass(1)
    expect(cancelled).toBe(true)
  })

  test('goes on behind what was told when the server was lost and comes back', async () => {
    world.server.onLog = stream =>
      void stream.sendFlow('LOGGED', { operations: [loggedOf(asked().length + 809)] })
    const out = readerOf(2)
    const err = new KeptOutput()
    const running = world.shell.run(['log', 'x', '--follow'], { out, err })
    await world.time.pass(500)
    world.network.cut(address)
    await world.time.pass(2_000)
    world.network.cut(address)
    await world.time.pass(2_000)
    expect((await running).status).toBe(141)
    expect(asked().map(({ sinceSeq, last }) => [sinceSeq, last])).toEqual([
      [null, 10],
      [810, null],
      [811, null],
    ])
    expect(err.lines.every(line => line.startsWith('ERROR UNREACHABLE x: 127.0.0.1:6001: the '))).toBe(true)
    expect(err.lines).toHaveLength(2)
  })

  test('is given up where it is refused', async () => {
    world.server.onLog = stream => stream.fail(new ConcurError('FORBIDDEN', 'not for you'))
    expect((await world.shell.run(['log', '--follow'])).status).toBe(2)
  })

  test('without a server at first is an error', async () => {
    expect((await world.shell.run(['log', '--follow', '--server', 'nobody:1'])).status).toBe(2)
  })
})

test('a server that says nothing is given up, one that answers something else is wrong', async () => {
  world.server.onLog = () => {}
  const running = world.shell.run(['log'])
  await world.time.pass(15_000)
  expect((await running).err.text).toBe('ERROR TIMEOUT: the server said nothing for 10 s\n')
  world.server.onLog = stream => stream.send('WAITED', { seq: 1, behind: [] }, true)
  expect((await world.shell.run(['log'])).err.text).toMatch(
    /^ERROR BAD_FRAME: .*WAITED in the answer to a LOG\n$/,
  )
})
