import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { putOf } from '../fixtures/message-bodies.ts'
import { fileCopy, fileEntry } from '../fixtures/scripted-node.ts'
import { type ServedAlone, serveAlone } from '../fixtures/served-alone.ts'
import { until } from '../fixtures/until.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Read } from '../protocol/messages.ts'
import { type FilePath, parsePath, wholeTree } from '../protocol/path.ts'

const MiB = 1024 * 1024
const name = 'server2' as NodeName
const members = ['server1', 'server2', 'server3'] as NodeName[]
const notAsked = 'was not asked, because the coordinator cannot be reached'

let alone: ServedAlone

beforeEach(async () => {
  alone = await serveAlone(members)
})

afterEach(() => alone.remove())

const write = (path: string, content: string | Uint8Array): void =>
  writeFileSync(`${alone.root}/${path}`, content)

const ask = (path: string, options: Partial<Read> = {}, how = {}) =>
  alone.peer.ask(
    'READ',
    { path: path as FilePath, deep: false, bodies: 'all', from: null, lastOp: false, ...options },
    how,
  )
const read = (path: string, options: Partial<Read> = {}) => ask(path, options).ended()
const others = members.filter(member => member !== name)

describe('a read', () => {
  test('is answered from this copy and names every other node as not asked', async () => {
    write('a.txt', 'x')
    const answer = await read('a.txt')
    expect(answer.only('VERDICT')).toEqual({
      verdict: 'SINGLE_FILE',
      versions: [
        {
          type: 'file',
          digest: fileCopy('x').digest,
          size: 1,
          mtimeMs: expect.any(Number),
          executable: false,
          copies: [{ node: name, checkedAtMs: expect.any(Number) }],
          cause: null,
          note: null,
        },
      ],
      missing: [],
      stale: [],
      unreachable: others,
      details: others.map(node => ({ node, reason: notAsked, behindOps: null })),
      error: null,
      lastOp: null,
    })
    expect(answer.text()).toBe('x')
  })

  test('of what is not here is UNREACHABLE, not NOT_FOUND: the others were not asked', async () => {
    const { error, missing, unreachable } = (await read('a.txt')).only('VERDICT')
    expect(error).toEqual({
      code: 'UNREACHABLE',
      message: `not on server2; server1 ${notAsked}; server3 ${notAsked}`,
    })
    expect([missing, unreachable]).toEqual([[name], others])
  })

  test('from this node gives its copy; from another, known or not, is UNREACHABLE', async () => {
    write('a.txt', 'x')
    expect((await read('a.txt', { bodies: 'from', from: name })).text()).toBe('x')
    for (const from of ['server1', 'server9'] as NodeName[]) {
      const answer = await read('a.txt', { bodies: 'from', from })
      expect(answer.only('VERDICT').error).toEqual({ code: 'UNREACHABLE', message: `${from} ${notAsked}` })
      expect(answer.bodies).toEqual([])
    }
  })

  test('of a folder says so', async () => {
    mkdirSync(`${alone.root}/folder`)
    expect((await read('folder')).only('VERDICT').error).toMatchObject({ code: 'IS_DIRECTORY' })
  })

  test('of a large file says that it works, and brings it whole', async () => {
    const content = Buffer.alloc(3 * MiB, 'abc')
    write('big', content)
    let goOn: () => void = () => {}
    alone.hasher.before = () =>
      new Promise(resolve => {
        goOn = resolve
      })
    const answer = ask('big')
    await until(() => alone.hasher.hashed === 1, 'the hash to begin')
    await alone.time.pass(2_000)
    expect(answer.all('PROGRESS').length).toBeGreaterThanOrEqual(3)
    expect(answer.all('PROGRESS')[0]).toEqual({ node: name, bytesDone: 0, bytesTotal: 3 * MiB })
    goOn()
    expect(Buffer.concat((await answer.ended()).bodies[0]!).equals(content)).toBe(true)
  })

  test('that is cancelled lets go of the file', async () => {
    write('big', Buffer.alloc(8 * MiB))
    const answer = ask('big', {}, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > MiB / 2, 'bytes')
    answer.stream.cancel()
    await until(() => alone.acceptor.streamCount === 0, 'the end of the stream')
  })

  test.each([
    ['changes', (file: string) => writeFileSync(file, 'another')],
    ['is deleted', (file: string) => rmSync(file)],
  ])('of a file that %s before it is sent is CHANGED', async (_, act) => {
    write('a.txt', 'x')
    const { store, root } = alone
    const openBody = store.openBody.bind(store)
    store.openBody = (...asked) => {
      act(`${root}/a.txt`)
      return openBody(...asked)
    }
    expect((await read('a.txt')).error).toMatchObject({ code: 'CHANGED' })
  })
})

describe('a listing', () => {
  const list = (path: string, options: Record<string, boolean> = {}) => {
    const folder = path === '' ? wholeTree : (path as FilePath)
    return alone.peer.ask('LIST', { path: folder, recursive: true, compare: true, ...options }).ended()
  }

  test('shows this copy as not compared, and names who was not asked', async () => {
    write('a.txt', 'x')
    mkdirSync(`${alone.root}/f`)
    write('f/b', 'yy')
    const answer = await list('')
    const rows = answer.all('ROWS').flatMap(({ rows }) => rows)
    expect(rows.map(({ path, mark, type, size }) => [path, mark, type, size])).toEqual([
      ['a.txt', '!', 'file', 1],
      ['f', '!', 'folder', 0],
      ['f/b', '!', 'file', 2],
    ])
    expect(rows[0]!.nodes.map(({ node, copy }) => [node, copy?.size ?? null])).toEqual([
      ['server1', null],
      ['server2', 1],
      ['server3', null],
    ])
    expect(answer.only('LISTED').unreachable.map(({ node, reason }) => [node, reason])).toEqual(
      others.map(node => [node, notAsked]),
    )
  })

  test('without a comparison marks nothing', async () => {
    write('a.txt', 'x')
    expect((await list('', { compare: false })).all('ROWS')[0]!.rows[0]!.mark).toBe(null)
  })

  test('of what is not here is UNREACHABLE', async () => {
    expect((await list('nowhere')).error).toMatchObject({
      code: 'UNREACHABLE',
      message: `not on server2; server1 ${notAsked}; server3 ${notAsked}`,
    })
  })

  test('that nobody wants any more is not gone on with, however much there is', async () => {
    let isOver = false
    alone.store.walk = async function* () {
      try {
        for (let at = 0; ; at++) yield [fileEntry(`${'p'.repeat(200)}${at}`, 'x')]
      } finally {
        isOver = true
      }
    }
    const everything = { path: wholeTree, recursive: true, compare: true }
    const answer = alone.peer.ask('LIST', everything, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > MiB / 2, 'rows')
    answer.stream.cancel()
    await until(() => isOver, 'the end of the walk')
  })

  test('of many entries comes whole', async () => {
    for (let file = 0; file < 700; file++) write(`${'n'.repeat(200)}${String(file).padStart(4, '0')}`, '')
    const rows = (await list('')).all('ROWS').flatMap(({ rows }) => rows)
    expect(rows).toHaveLength(700)
  })
})

test('what needs the coordinator is refused, also while its bytes still come: a change as by one that is not it', async () => {
  const put = alone.peer.ask('CHANGE', putOf('a.txt'), { more: true })
  const { operation } = putOf('a.txt')
  const at = parsePath('a.txt')
  void put.stream.sendPiece('CHUNK', Buffer.alloc(9))
  const asked = [
    put,
    alone.peer.ask('WAIT', { path: wholeTree, timeoutMs: 1 }),
    alone.peer.ask('VERIFY', { path: wholeTree, deep: false }),
    alone.peer.ask('CHECK', { path: at }),
    alone.peer.ask('LOCK', { operation, path: at, ttlMs: 1_000, waitMs: 0, token: null }),
    alone.peer.ask('UNLOCK', { operation, path: at, steal: false, token: null }),
  ]
  const errors = await Promise.all(asked.map(async answer => (await answer.ended()).error))
  expect(errors.map(error => error?.code)).toEqual([
    ...['NOT_COORDINATOR', 'UNREACHABLE', 'UNREACHABLE'],
    ...['UNREACHABLE', 'NOT_COORDINATOR', 'NOT_COORDINATOR'],
  ])
  for (const error of errors) expect(error?.message).toBe('the coordinator cannot be reached from server2')
  expect(alone.peer.closed).toBeNull()
})

describe('the status', () => {
  test('says why this node takes no changes', async () => {
    alone.store.fence.set('a flush failed')
    const [own] = (await alone.peer.ask('STATUS', {}).ended()).only('STATUS_IS').replicas
    expect(own).toMatchObject({ fenced: 'a flush failed' })
    alone.store.fence.clear()
  })

  test('shows the coordinator as down, and this node', async () => {
    const status = (await alone.peer.ask('STATUS', {}).ended()).only('STATUS_IS')
    const unknown = { epoch: null }
    expect(status).toEqual({
      coordinator: {
        ...unknown,
        name: 'server1',
        address: '[::1]:6001',
        state: 'down',
        reason: 'cannot be reached from this replica',
        seq: null,
        files: null,
        bytes: null,
        diskFreeBytes: null,
        ...{ scanAgeMs: null, marks: null, held: null, unwatched: null, certificateEndsMs: null },
      },
      replicas: [
        {
          ...unknown,
          name,
          address: '127.0.0.1:6002',
          state: 'up',
          reason: null,
          appliedSeq: 0,
          lagOps: null,
          lagMs: null,
          lastHeartbeatMs: null,
          rolledBack: false,
          fenced: null,
          files: 3,
          bytes: 40,
          diskFreeBytes: expect.any(Number),
          ...{ scanAgeMs: 60_000, marks: 2, held: null, unwatched: null, certificateEndsMs: null },
        },
      ],
      conflicts: 2,
      locks: [],
    })
  })
})

test('a replica that never had a link speaks of the coordinator, whose name it does not know', async () => {
  alone.store.setMembers([])
  expect((await read('a.txt')).only('VERDICT')).toMatchObject({
    missing: [name],
    unreachable: ['coordinator'],
  })
  expect((await alone.peer.ask('STATUS', {}).ended()).only('STATUS_IS').coordinator.name).toBe('coordinator')
})

test('each request is one line in the log', async () => {
  write('a.txt', 'x')
  await read('a.txt')
  await read('b.txt')
  await alone.peer.ask('LIST', { path: 'nowhere' as FilePath, recursive: true, compare: true }).ended()
  await alone.peer.ask('STATUS', {}).ended()
  expect(alone.log.all('request')).toMatchObject([
    { client: 'anna@home', op: 'read', path: 'a.txt', verdict: 'SINGLE_FILE' },
    { client: 'anna@home', op: 'read', path: 'b.txt', code: 'UNREACHABLE' },
    { client: 'anna@home', op: 'ls', path: 'nowhere', code: 'UNREACHABLE' },
    { client: 'anna@home', op: 'status', path: '' },
  ])
})
