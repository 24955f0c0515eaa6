/** `lock`, `unlock` and `check` as a person and a program see them. */
import { leaseOf, readsFrom, serverAddress } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { CommandEnd } from '../foreground.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

const bobs: LockIs = { state: 'held', lease: leaseOf('docs', { holder: 'bob@desk' as ClientId }) }
const lockedSentence = 'plan.md: locked by bob@desk since … until … from …'
const json = (text: string) => JSON.parse(text) as unknown
const asked = (opcode: string) => world.server.asked.flatMap(one => (one.opcode === opcode ? [one.body] : []))

test('lock takes it for a minute, and says its token and how to give it back', async () => {
  const { status, out } = await world.shell.run(['lock', 'plan.md'])
  expect([status, out.lines]).toEqual([
    0,
    ['lock plan.md  token 812  for 60 s', 'undo: concur unlock plan.md'],
  ])
  expect(asked('LOCK')).toMatchObject([{ path: 'plan.md', ttlMs: 60_000, waitMs: 0, token: null }])
  const { out: document } = await world.shell.run([
    'lock',
    'plan.md',
    '--ttl',
    '5m',
    '--wait',
    '10s',
    '--json',
  ])
  expect(json(document.text)).toEqual({
    ...{ ok: true, path: 'plan.md', state: 'mine' },
    ...{ holder: 'test@here', token: 812, expiresInMs: 300_000 },
  })
  expect(asked('LOCK')[1]).toMatchObject({ ttlMs: 300_000, waitMs: 10_000 })
})

test.each([
  [['--ttl', '10ms'], '--ttl must be a whole number with ms, s, m, h or d, from 1s to 30d, not "10ms"'],
  [['--wait', '8d'], '--wait must be a whole number with ms, s, m, h or d, from 0ms to 7d, not "8d"'],
])('lock %j is refused', async (argv, sentence) => {
  const { status, err } = await world.shell.run(['lock', 'plan.md', ...argv])
  expect([status, err.text]).toEqual([2, `ERROR USAGE: ${sentence}\n`])
})

test('lock of what another holds is LOCKED, and status 2', async () => {
  world.server.onLock = stream => stream.fail(new ConcurError('LOCKED', lockedSentence))
  const { status, err } = await world.shell.run(['lock', 'plan.md'])
  expect([status, err.text]).toEqual([2, `ERROR LOCKED ${lockedSentence}\n`])
  const { out } = await world.shell.run(['lock', 'plan.md', '--json'])
  expect(json(out.text)).toEqual({ ok: false, error: { code: 'LOCKED', message: lockedSentence } })
})

test('unlock ends it, and says what the path is then', async () => {
  const { status, out } = await world.shell.run(['unlock', 'plan.md', '--steal'])
  expect([status, out.text]).toEqual([0, 'unlock plan.md  free\n'])
  expect(asked('UNLOCK')).toMatchObject([{ path: 'plan.md', steal: true, token: null }])
  world.server.onUnlock = stream => stream.send('LOCK_IS', bobs, true)
  const { out: still } = await world.shell.run(['unlock', 'docs/a'])
  expect(still.text).toBe(
    'unlock docs/a  held  by bob@desk with docs  since 3 min ago from 192.168.1.7  token 812  42 s left\n',
  )
})

test.each<[LockIs['state'], number, string]>([
  ['free', 0, 'check docs  free\n'],
  ['mine', 0, 'check docs  mine  by bob@desk  since 3 min ago from 192.168.1.7  token 812  42 s left\n'],
  ['held', 1, 'check docs  held  by bob@desk  since 3 min ago from 192.168.1.7  token 812  42 s left\n'],
])('check of what is %s is status %i', async (state, wanted, line) => {
  const lease = state === 'free' ? null : bobs.lease
  world.server.onCheck = stream => stream.send('LOCK_IS', { state, lease }, true)
  const { status, out } = await world.shell.run(['check', 'docs'])
  expect([status, out.text]).toEqual([wanted, line])
  const document = json((await world.shell.run(['check', 'docs', '--json'])).out.text)
  const { holder = null, token = null, expiresInMs = null } = lease ?? {}
  expect(document).toEqual({ ok: true, path: 'docs', state, holder, token, expiresInMs })
})

test.each(['lock', 'unlock', 'check'])('%s of what is no path asks nobody', async command => {
  const { status, err } = await world.shell.run([command, '../x'])
  expect([status, err.text]).toEqual([2, expect.stringMatching(/^ERROR BAD_PATH \.\.\/x: /)])
  expect(world.server.asked).toEqual([])
})

test('a lock that was sent without an answer is sent again as the same operation', async () => {
  let tries = 0
  const { onLock } = world.server
  world.server.onLock = (stream, request) => {
    if (++tries === 1) world.network.cut(serverAddress)
    else onLock(stream, request)
  }
  expect((await world.passUntil(world.shell.run(['lock', 'plan.md']))).status).toBe(0)
  const [first, second] = asked('LOCK') as { operation: unknown }[]
  expect(second!.operation).toEqual(first!.operation)
})

test('stat and status tell of locks', async () => {
  world.server.onCheck = stream => stream.send('LOCK_IS', bobs, true)
  world.server.onRead = readsFrom({ 'docs/a': [{ bytes: Buffer.from('text'), on: ['server1'] }] })
  const { out } = await world.shell.run(['stat', 'docs/a'])
  expect(out.lines[1]).toBe(
    '  locked by bob@desk with docs  since 3 min ago from 192.168.1.7  token 812  42 s left',
  )
  const lock = {
    ...{ path: 'docs', holder: 'bob@desk', token: 812, expiresInMs: 42_000, from: '192.168.1.7' },
    since: expect.stringMatching(/Z$/),
  }
  expect(json((await world.shell.run(['stat', 'docs/a', '--json'])).out.text)).toMatchObject({ lock })
  world.server.onCheck = stream => stream.fail(new ConcurError('UNREACHABLE', 'alone'))
  expect(json((await world.shell.run(['stat', 'docs/a', '--json'])).out.text)).toMatchObject({ lock: null })
})

describe('with a command', () => {
  let ran: { command: readonly string[]; environment: Readonly<Record<string, string>> }[]
  let end: (ended: CommandEnd) => void

  const run = (argv: string[] = []) => {
    ran = []
    return world.shell.run(['lock', 'plan.md', '--ttl', '30s', ...argv, '--', 'make', '-j', '--json'], {
      runCommand: (command, environment) => {
        ran.push({ command, environment: environment as Record<string, string> })
        return new Promise(resolve => {
          end = resolve
        })
      },
    })
  }
  const untilRan = async () => {
    while (ran.length === 0) await world.time.pass(1)
  }

  test('it runs under the lock, which is renewed each third and given back; its status is ours', async () => {
    const running = run(['--client-id', 'cron@home'])
    await untilRan()
    expect(ran).toEqual([
      {
        command: ['make', '-j', '--json'],
        environment: { CONCUR_CLIENT_ID: 'cron@home', CONCUR_LOCK_TOKEN: '812' },
      },
    ])
    await world.time.pass(30_000)
    expect(asked('LOCK').slice(1)).toMatchObject(Array(3).fill({ token: 812, ttlMs: 30_000, waitMs: 0 }))
    end({ status: 7, reason: null })
    const { status, out, err } = await running
    expect([status, out.text, err.text]).toEqual([7, '', ''])
    expect(asked('UNLOCK')).toMatchObject([{ path: 'plan.md', token: 812, steal: false }])
    const before = asked('LOCK').length
    await world.time.pass(60_000)
    expect(asked('LOCK')).toHaveLength(before)
  })

  test('what is not locked does not run', async () => {
    world.server.onLock = stream => stream.fail(new ConcurError('LOCKED', lockedSentence))
    const { status, out, err } = await run(['--json'])
    expect([status, out.text, ran]).toEqual([2, '', []])
    expect(json(err.text)).toMatchObject({ ok: false, error: { code: 'LOCKED' } })
  })

  test('a lock that was lost meanwhile is told when that is noticed, and is status 2', async () => {
    const running = run()
    await untilRan()
    world.server.onLock = stream => stream.fail(new ConcurError('STALE_TOKEN', 'plan.md: the lock is over'))
    await world.time.pass(11_000)
    end({ status: 0, reason: null })
    const { status, err } = await running
    expect([status, err.lines]).toEqual([
      2,
      ['ERROR STALE_TOKEN plan.md: the lock is over', 'the command goes on without the lock of plan.md'],
    ])
    expect(asked('UNLOCK')).toEqual([])
  })

  test('so is one that turns out to be lost at the end', async () => {
    world.server.onUnlock = stream => stream.fail(new ConcurError('STALE_TOKEN', 'plan.md: the lock is over'))
    const running = run()
    await untilRan()
    end({ status: 0, reason: null })
    const { status, err } = await running
    expect([status, err.text]).toEqual([2, 'ERROR STALE_TOKEN plan.md: the lock is over\n'])
  })

  test('a command that does not run is told, and the lock is given back', async () => {
    const running = run()
    await untilRan()
    end({ status: 127, reason: 'there is no such command' })
    const { status, err } = await running
    expect([status, err.text]).toEqual([127, 'ERROR USAGE make: there is no such command\n'])
    expect(asked('UNLOCK')).toHaveLength(1)
  })

  test('with --json the one document is on standard error', async () => {
    const running = run(['--json'])
    await untilRan()
    end({ status: 0, reason: null })
    const { status, out, err } = await running
    expect([status, out.text]).toEqual([0, ''])
    expect(json(err.text)).toMatchObject({ ok: true, path: 'plan.md', state: 'free', token: null })
  })
})
