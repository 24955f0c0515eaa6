import { KeptOutput } from '../../fixtures/client-program.ts'
import { node, statusOfTwo } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { Status } from '../../protocol/messages.ts'
import { ReaderGoneError } from '../terminal/output.ts'

const alone: Status = {
  coordinator: {
    ...statusOfTwo.coordinator,
    state: 'down',
    reason: 'is not connected (the peer closed the connection)',
    files: null,
    bytes: null,
    diskFreeBytes: null,
  },
  replicas: [{ ...statusOfTwo.replicas[0]!, lastHeartbeatMs: null }],
  conflicts: null,
  locks: [],
}

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

test('a line a node', async () => {
  const { status, out } = await world.shell.run(['status'])
  expect(out.lines).toEqual([
    'server1  coordinator  127.0.0.1:6001  serving  3 files  71 B  20 GiB free',
    'server2  replica      127.0.0.1:6002  up       2 files  50 B  20 GiB free  heartbeat 0.4 s ago',
  ])
  expect(status).toBe(0)
})

test('a coordinator that is gone is down, with the reason, and the status is 0', async () => {
  world.server.onStatus = stream => stream.send('STATUS_IS', alone, true)
  const { status, out } = await world.shell.run(['status'])
  expect(out.lines[0]).toMatch(
    /^server1 +coordinator +127.0.0.1:6001 +down .* is not connected \(the peer closed/,
  )
  expect(status).toBe(0)
})

test('--strict wants every configured node to be there', async () => {
  expect((await world.shell.run(['status', '--strict'])).status).toBe(0)
  world.server.onStatus = stream => stream.send('STATUS_IS', alone, true)
  expect((await world.shell.run(['status', '--strict'])).status).toBe(2)
})

test('--json has every key, and null for what nobody knows yet', async () => {
  const { out } = await world.shell.run(['status', '--json'])
  expect(JSON.parse(out.text)).toEqual({
    coordinator: {
      name: 'server1',
      address: '127.0.0.1:6001',
      epoch: null,
      seq: null,
      state: 'serving',
      reason: null,
      files: 3,
      bytes: 71,
      diskFree: 20 * 2 ** 30,
      scanAgeMs: null,
      marks: null,
      held: null,
      unwatched: null,
      certificateEndsAt: null,
    },
    replicas: [
      {
        name: 'server2',
        address: '127.0.0.1:6002',
        state: 'up',
        reason: null,
        rolledBack: false,
        fenced: null,
        epoch: null,
        appliedSeq: null,
        lagOps: null,
        lagMs: null,
        lastHeartbeatMs: 400,
        files: 2,
        bytes: 50,
        diskFree: 20 * 2 ** 30,
        scanAgeMs: null,
        marks: null,
        held: null,
        unwatched: null,
        certificateEndsAt: null,
      },
    ],
    locks: [],
    conflicts: null,
  })
})

describe('--watch', () => {
  /** Ends the watching after so many writes. */
  function readerOf(writes: number, isTerminal = false): KeptOutput {
    const out = new KeptOutput(isTerminal)
    let left = writes
    out.onWrite = async () => {
      if (left-- === 0) throw new ReaderGoneError('gone')
    }
    return out
  }

  test('prints a JSON line each second', async () => {
    const out = readerOf(3)
    const watching = world.shell.run(['status', '--watch', '--json'], { out })
    await world.time.pass(2_500)
    expect(out.lines).toHaveLength(3)
    await world.time.pass(1_000)
    expect((await watching).status).toBe(141)
    expect(out.lines.every(line => JSON.parse(line).coordinator.name === 'server1')).toBe(true)
  })

  test('draws the screen anew on a terminal', async () => {
    const out = readerOf(2, true)
    const watching = world.shell.run(['status', '--watch'], { out })
    await world.time.pass(4_000)
    await watching
    expect(out.pieces.map(piece => piece.toString().startsWith('\u001b[H\u001b[J'))).toEqual([true, true])
  })

  test('goes on when the server was lost and comes back', async () => {
    const out = readerOf(2)
    const watching = world.shell.run(['status', '--watch', '--json'], { out })
    await world.time.pass(500)
    world.network.cut({ host: '127.0.0.1', port: 6001 })
    world.server.onStatus = stream => {
      stream.cancel()
      world.server.onStatus = again => again.send('STATUS_IS', { ...statusOfTwo, replicas: [] }, true)
    }
    await world.time.pass(4_000)
    expect((await watching).status).toBe(141)
    expect(out.lines.map(line => Object.keys(JSON.parse(line))[0])).toEqual(['coordinator', 'ok'])
  })

  test('without a server at first is an error', async () => {
    const { status, out } = await world.shell.run(['status', '--watch', '--json', '--server', 'nobody:1'])
    expect(status).toBe(2)
    expect(JSON.parse(out.text)).toMatchObject({ ok: false, error: { code: 'UNREACHABLE' } })
  })
})

test('colour tells states apart on a terminal, and NO_COLOR turns it off', async () => {
  world.server.onStatus = stream =>
    stream.send(
      'STATUS_IS',
      { ...statusOfTwo, replicas: [{ ...statusOfTwo.replicas[0]!, state: 'down', name: node('up') }] },
      true,
    )
  const { out } = await world.shell.run(['status'], { out: new KeptOutput(true) })
  expect(out.lines[0]).toContain('\u001b[32mserving\u001b[0m')
  expect(out.lines[1]).toContain('\u001b[31mdown   \u001b[0m')
  world.shell.environment = { NO_COLOR: '1' }
  const colourless = await world.shell.run(['status'], { out: new KeptOutput(true) })
  expect(colourless.out.text).not.toContain('\u001b')
})

describe('where something is wrong', () => {
  const [replica] = statusOfTwo.replicas
  const show = async (
    said: Partial<Status['replicas'][number]>,
    coordinator: Partial<Status['coordinator']> = {},
  ) => {
    world.server.onStatus = stream =>
      stream.send(
        'STATUS_IS',
        {
          coordinator: { ...statusOfTwo.coordinator, epoch: 3, seq: 812, ...coordinator },
          replicas: [{ ...replica!, epoch: 3, appliedSeq: 812, lagOps: 0, lagMs: 0, ...said }],
          conflicts: said.marks ?? null,
          locks: [],
        },
        true,
      )
    return (await world.shell.run(['status'])).out.lines
  }

  test('nothing: positions, and no word more', async () => {
    expect(await show({})).toEqual([
      'server1  coordinator  127.0.0.1:6001  serving  epoch 3  seq 812      3 files  71 B  20 GiB free',
      'server2  replica      127.0.0.1:6002  up       epoch 3  applied 812  2 files  50 B  20 GiB free  heartbeat 0.4 s ago',
    ])
  })

  test('a replica that is behind says by how much, and what to wait with', async () => {
    const lines = await show({
      state: 'catching-up',
      appliedSeq: 800,
      lagOps: 12,
      lagMs: 125_000,
      rolledBack: true,
    })
    expect(lines[1]).toContain('  catching-up  epoch 3  applied 800  12 behind (2 min)  ')
    expect(lines[1]).toMatch(/ {2}rolled back$/)
    expect(lines[2]).toBe('next: until server2 caught up: concur wait')
  })

  test('a replica that is fenced says why, and is not waited for', async () => {
    const lines = await show({ state: 'suspect', fenced: 'forked at seq 700', lagOps: 12, reason: 'is late' })
    expect(lines[1]).toMatch(/ {2}12 behind \(0 s\) .* {2}fenced: forked at seq 700; is late$/)
    expect(lines).toHaveLength(2)
  })

  test('a replica that is fenced, with a link, says so once', async () => {
    const fenced = 'the root is empty'
    const lines = await show({
      state: 'catching-up',
      fenced,
      reason: `this node takes no changes: ${fenced}`,
    })
    expect(lines[1]).toMatch(/ {2}fenced: the root is empty$/)
  })

  test('what the coordinator has to be started with is the next command', async () => {
    const fenced = 'is another node than the server2 that was known: --replace server2 takes it in its place'
    const next = (await show({ state: 'catching-up', fenced })).slice(2)
    expect(next).toEqual(['next: start server1 once with --replace server2'])
    const reason = 'server2 knows of more: start once with --accept-journal server2 to go on from there'
    const refusing = await show({ state: 'catching-up', fenced }, { state: 'refusing-changes', reason })
    expect(refusing.slice(2)).toEqual(['next: start server1 once with --accept-journal server2'])
  })

  test('nobody is waited for as long as the coordinator takes no changes', async () => {
    const reason = 'the coordinator takes no changes: the root is empty'
    const lines = await show({ state: 'catching-up', lagOps: 12 }, { state: 'refusing-changes', reason })
    expect(lines).toHaveLength(2)
  })

  test('a node whose disk is full says so, and needs room, not patience', async () => {
    const reason = 'NO_SPACE: no space is left'
    const lines = await show({ state: 'catching-up', lagOps: 12, reason })
    expect(lines[1]).toMatch(/ {2}catching-up .* {2}NO_SPACE: no space is left$/)
    expect(lines.slice(2)).toEqual(['next: make room on the disk of server2, which goes on by itself then'])
    const refusing = await show(
      {},
      { state: 'refusing-changes', reason: `${reason}, only deletes are taken` },
    )
    expect(refusing[0]).toMatch(
      / {2}refusing-changes .* {2}NO_SPACE: no space is left, only deletes are taken$/,
    )
    expect(refusing.slice(2)).toEqual([
      'next: make room on the disk of server1, which goes on by itself then',
    ])
  })

  test('a node that is late says how to see what becomes of it', async () => {
    const [, line, next] = await show({ state: 'suspect', reason: 'has been silent for 4 s' })
    expect(line).toContain('suspect')
    expect(next).toBe('next: see whether server2 comes back: concur status --watch')
  })

  test('a node that is down says how it is started', async () => {
    expect((await show({ state: 'down' }))[2]).toBe(
      'next: start server2: concur-replica --root DIR --name server2 --listen 127.0.0.1:6002 …',
    )
    expect(await show({ state: 'down', reason: 'belongs to cluster 12, not to 34' })).toHaveLength(2)
    expect(await show({ state: 'down', reason: 'calls itself server3' })).toHaveLength(2)
    expect((await show({}, { state: 'down' }))[2]).toBe(
      'next: start server1: concur-coordinator --root DIR --name server1 --listen 127.0.0.1:6001 …',
    )
  })

  test('paths that were changed on disk are counted, with how long ago that was looked for, and how to see them', async () => {
    expect(await show({ marks: 2, scanAgeMs: 300_000 }, { marks: 1, scanAgeMs: 4_000 })).toEqual([
      'server1  coordinator  127.0.0.1:6001  serving  epoch 3  seq 812      3 files  71 B  20 GiB free  1 path changed on disk   scanned 4 s ago',
      'server2  replica      127.0.0.1:6002  up       epoch 3  applied 812  2 files  50 B  20 GiB free  2 paths changed on disk  scanned 5 min ago  heartbeat 0.4 s ago',
      'next: see what was changed on disk: concur verify',
    ])
    expect((await show({ marks: 0 }))[1]).not.toContain('changed')
  })

  test('a copy that is held, and folders that are not watched, are told with their reasons', async () => {
    const [, line] = await show({
      held: '60 of 100 files vanished',
      unwatched: 'nothing is watched',
      reason: 'is late',
    })
    expect(line).toMatch(/ {2}held: 60 of 100 files vanished; nothing is watched; is late$/)
    const [first] = await show({}, { held: '60 of 100 files vanished' })
    expect(first).toMatch(/ {2}held: 60 of 100 files vanished$/)
  })

  test('a certificate that ends within 30 days, or has ended, is told with what to do', async () => {
    const inDays = (days: number) => ({ certificateEndsMs: world.time.nowMs() + days * 86_400_000 })
    const [first, second, next] = await show(inDays(20), inDays(-2))
    expect(first).toMatch(/ {2}certificate has ended 2 d ago$/)
    expect(second).toMatch(/ {2}certificate ends in 20 d$/)
    expect(next).toBe(
      'next: renew the certificates: concur-coordinator init --dir DIR; then restart the servers with their new files',
    )
    expect((await show(inDays(31), inDays(700))).join()).not.toContain('certificate')
  })

  test('--json has the scan, the marks and the reasons of each node, and the paths over all', async () => {
    await show({ marks: 2, scanAgeMs: 300_000, held: 'too much', unwatched: 'no watcher' })
    expect(JSON.parse((await world.shell.run(['status', '--json'])).out.text)).toMatchObject({
      replicas: [{ marks: 2, scanAgeMs: 300_000, held: 'too much', unwatched: 'no watcher' }],
      conflicts: 2,
    })
  })

  test('--json has what is wrong as well', async () => {
    await show({ rolledBack: true, fenced: 'forked at seq 700' })
    expect(JSON.parse((await world.shell.run(['status', '--json'])).out.text)).toMatchObject({
      coordinator: { epoch: 3, seq: 812 },
      replicas: [
        { rolledBack: true, fenced: 'forked at seq 700', epoch: 3, appliedSeq: 812, lagOps: 0, lagMs: 0 },
      ],
    })
  })
})
