import { Upload } from '../../fixtures/client-changes.ts'
import { node } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { Done } from '../../protocol/change-messages.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes } from '../../protocol/limits.ts'

const { digest } = digestOf(Buffer.from('hello'))

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

/** Changes are done, and more is to be said of them. */
function say(said: Partial<Done>): void {
  world.server.onChange = (stream, request) => {
    const { type } = request.what
    if (type !== 'put' && type !== 'append') return world.server.finish(stream, request, null, said)
    new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload, said) })
  }
}

describe('every change takes', () => {
  const changes = [
    ['write', 'x', 'text'],
    ['append', 'x', 'text'],
    ['mv', 'x', 'y'],
    ['rm', 'x'],
    ['mkdir', 'x'],
  ]

  test.each(changes)('conditions: %s', async (...argv) => {
    await world.shell.run([...argv, '--if-match', digest, '--ack', 'quorum'])
    expect(world.server.lastChange).toMatchObject({
      ifMatch: digest,
      ifAbsent: false,
      ack: 'quorum',
      fence: null,
    })
    await world.shell.run([...argv, '--if-absent'])
    expect(world.server.lastChange).toMatchObject({ ifMatch: null, ifAbsent: true, ack: null })
  })

  test.each(changes)('none that cannot be: %s', async (...argv) => {
    for (const [options, sentence] of [
      [['--if-match', digest, '--if-absent'], '--if-match and --if-absent exclude each other'],
      [['--if-match', 'b3:5f1c'], '--if-match must be b3: and 64 lower-case hex digits, not "b3:5f1c"'],
      [['--ack', 'most'], '--ack must be one of available, quorum, all, not "most"'],
    ] as const) {
      const { status, err } = await world.shell.run([...argv, ...options])
      expect([status, err.text]).toEqual([2, `ERROR USAGE: ${sentence}\n`])
    }
    expect(world.server.connectionCount).toBe(0)
  })
})

describe('what is said of a change', () => {
  const behind = [{ node: node('server3'), reason: 'down 3 min', behindOps: 4 }]
  const kept = [{ node: node('server2'), path: 'x' as never, reason: 'edited on disk' }]

  test('names the copies that are behind', async () => {
    say({ behind, of: 3 })
    const { status, out } = await world.shell.run(['write', 'x', 'hello'])
    expect(out.lines).toEqual([
      'write x  5 B  seq 812  copies 2 of 3 · behind: server3 (down 3 min)',
      'undo: concur restore x --at 811',
    ])
    expect(status).toBe(0)
    expect((await world.shell.run(['write', 'x', 'hello', '--strict'])).status).toBe(2)
  })

  test('names what was kept and what gave way, a line each', async () => {
    say({
      applied: [node('server1')],
      kept,
      replaced: [
        { node: node('server1'), digest, cause: null },
        { node: node('server3'), digest, cause: 'edited-on-disk' },
      ],
      of: 3,
    })
    const { out } = await world.shell.run(['write', 'x', 'hello'])
    expect(out.lines).toEqual([
      'write x  5 B  seq 812  copies 1 of 3',
      '  kept on server2: edited on disk',
      `  replaced on server3: ${digest.slice(0, 7)}…, edited on disk, now in its history`,
      'undo: concur restore x --at 811',
    ])
  })

  test('names at most twenty of them, and what else was kept by its path', async () => {
    say({ kept: Array.from({ length: 30 }, (_, at) => ({ ...kept[0]!, path: `x/${at}` as never })) })
    const { out } = await world.shell.run(['rm', '-r', 'x'])
    expect(out.lines[1]).toBe('  kept on server2: x/0, edited on disk')
    expect(out.lines.at(-2)).toBe('  … and 10 more: --json lists them')
    expect(out.lines).toHaveLength(23)
  })

  test('cannot move the cursor', async () => {
    say({ behind: [{ ...behind[0]!, reason: 'down\u001b[2J' }] })
    expect((await world.shell.run(['write', 'x', ''])).out.text).toContain('(down\ufffd[2J)')
  })

  test('is left out with --quiet', async () => {
    const { out, err } = await world.shell.run(['write', 'x', 'hello', '--quiet'])
    expect([out.text, err.text]).toEqual(['', ''])
  })

  test('with --json is one document of every key', async () => {
    say({ behind, kept, replaced: [{ node: node('server1'), digest, cause: null }], of: 4 })
    const { status, out } = await world.shell.run(['write', 'x', 'hello', '--json'])
    expect(JSON.parse(out.text)).toEqual({
      ok: true,
      op: { epoch: 3, seq: 812, type: 'put', path: 'x' },
      digest,
      applied: ['server1', 'server2'],
      behind: ['server3'],
      kept: [{ node: 'server2', path: 'x', reason: 'edited on disk' }],
      replaced: [{ node: 'server1', digest, cause: null }],
      copies: { have: 2, of: 4 },
    })
    expect([status, out.lines.length]).toEqual([0, 1])
  })
})

describe('a refused change', () => {
  beforeEach(() => {
    world.server.onChange = stream => stream.fail(new ConcurError('CONFLICT', 'server1 and server2 differ'))
  })

  test('is an error line and status 2', async () => {
    const { status, out, err } = await world.shell.run(['append', 'x', 'text'])
    expect([status, out.text]).toEqual([2, ''])
    expect(err.text).toBe('ERROR CONFLICT x: server1 and server2 differ\n')
  })

  test('with --json has no op, and names the path', async () => {
    const { status, out, err } = await world.shell.run(['append', 'x', 'text', '--json'])
    expect(JSON.parse(out.text)).toEqual({
      ok: false,
      error: { code: 'CONFLICT', message: 'x: server1 and server2 differ' },
    })
    expect([status, err.text]).toEqual([2, ''])
  })

  test('stops the upload', async () => {
    world.shell.input = Array.from({ length: 64 }, () => 'x'.repeat(blockBytes))
    expect((await world.shell.run(['write', 'x'])).status).toBe(2)
  })
})

describe('a change that went wrong behind the point of no return', () => {
  const error = { code: 'TIMEOUT', message: 'server2 did not say that it is settled' } as const

  test('says that it is committed, and is status 2', async () => {
    say({ error })
    const { status, err } = await world.shell.run(['write', 'x', 'hello'])
    expect(err.text).toBe('ERROR TIMEOUT x: server2 did not say that it is settled (committed as seq 812)\n')
    expect(status).toBe(2)
    expect(JSON.parse((await world.shell.run(['write', 'x', 'hello', '--json'])).out.text)).toEqual({
      ok: false,
      error: { code: 'TIMEOUT', message: 'x: server2 did not say that it is settled' },
      op: { epoch: 3, seq: 813, type: 'put', path: 'x' },
      outcome: 'committed',
    })
  })

  test('says that nobody knows', async () => {
    say({ error, op: null, outcome: 'unknown' })
    const { err } = await world.shell.run(['write', 'x', 'hello'])
    expect(err.text).toMatch(/ \(outcome unknown\)\n$/)
    expect(JSON.parse((await world.shell.run(['write', 'x', 'hello', '--json'])).out.text)).toMatchObject({
      ok: false,
      error: { code: 'TIMEOUT' },
      op: null,
      outcome: 'unknown',
    })
  })
})

test('a connection that is lost is told on standard error, once, and the change is done', async () => {
  world.server.onChange = (stream, request) => {
    if (world.server.changes.length < 3) world.network.cut({ host: '127.0.0.1', port: 6001 })
    else new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload) })
  }
  const { status, out, err } = await world.passUntil(world.shell.run(['write', 'x', 'hello']))
  expect([status, out.lines.length]).toEqual([0, 2])
  expect(err.text).toMatch(/^x: 127\.0\.0\.1:6001: the connection .*; sent again as the same operation\n$/)
})
