/**
 * Every request that names a path, with every hostile path, to a coordinator, to a replica and through one: what is no path is
 * refused with BAD_PATH and nothing else happens; what is one leads nobody out of the roots, which are full of links.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Canaries, canaryText } from '../fixtures/canaries.ts'
import { Cluster } from '../fixtures/cluster.ts'
import { namedPaths, refusedPaths } from '../fixtures/hostile-paths.ts'
import type { Answer, RawPeer } from '../fixtures/raw-peer.ts'
import { trap } from '../fixtures/trapped-root.ts'
import { UnflushedDisk } from '../fixtures/unflushed-disk.ts'
import type { ChangeRequest } from '../protocol/change-messages.ts'
import { digestOf } from '../protocol/digest.ts'
import type { NodeName, Nonce } from '../protocol/ids.ts'
import { pathBytesMax } from '../protocol/limits.ts'
import { type BodyOf, mayAsk, opcodes, type RequestOpcode } from '../protocol/opcodes.ts'
import type { FilePath } from '../protocol/path.ts'
import { uploadOf } from '../protocol/upload.ts'

const { digest } = digestOf(Buffer.from('anything'))
const elsewhere = 'elsewhere' as FilePath
const server1 = 'server1' as NodeName
const server2 = 'server2' as NodeName

const nothing = { size: 0, digest: digestOf(Buffer.alloc(0)).digest }
const atOnce = 8

let operations = 0

function changeOf(what: ChangeRequest['what']): BodyOf<'CHANGE'> {
  const operation = { nonce: 'ab'.repeat(16) as Nonce, counter: ++operations, floor: 0 }
  return { operation, ifMatch: null, ifAbsent: false, ack: null, fence: null, what }
}

const resolveOf = (path: FilePath, from: FilePath | null): BodyOf<'CHANGE'> =>
  changeOf({
    type: 'resolve',
    path,
    node: server1,
    from,
    executable: null,
    bytes: null,
  } as ChangeRequest['what'])

const operation = (): BodyOf<'LOCK'>['operation'] =>
  changeOf({ type: 'mkdir', path: elsewhere, parents: false }).operation

/** For each request how it is asked of a path, at each place at which it has one; null: it has none. */
const asks: { readonly [K in RequestOpcode]: readonly ((path: FilePath) => BodyOf<K>)[] | null } = {
  READ: [path => ({ path, deep: true, bodies: 'all', from: null, lastOp: true })],
  LIST: [path => ({ path, recursive: true, compare: true })],
  STATUS: null,
  LOOK: [path => ({ path, deep: true, settledSeq: 0 })],
  FETCH: [path => ({ path, digest, blocks: null })],
  WALK: [path => ({ path, recursive: true, buckets: null })],
  CHANGE: [
    path => changeOf({ type: 'put', path, executable: null, bytes: 0 }),
    path => changeOf({ type: 'append', path, create: true, bytes: 0 }),
    path => changeOf({ type: 'rename', from: path, to: elsewhere, force: true }),
    path => changeOf({ type: 'rename', from: elsewhere, to: path, force: true }),
    path => changeOf({ type: 'delete', path, recursive: true, force: true }),
    path => changeOf({ type: 'mkdir', path, parents: true }),
    path => changeOf({ type: 'restore', path, at: null, digest, size: null }),
    path => resolveOf(path, null),
    path => resolveOf(elsewhere, path),
  ],
  LOG: [path => ({ path, sinceSeq: null, last: null, follow: false })],
  WAIT: [path => ({ path, timeoutMs: 1 })],
  SURVEY: [path => ({ paths: [path] }), path => ({ paths: [elsewhere, path] })],
  STAGE: null,
  JOURNAL_AT: null,
  FOLLOW: null,
  SUPPLY: null,
  REPLAY: null,
  SUM: [path => ({ path, deep: true })],
  VERIFY: [path => ({ path, deep: true })],
  RESTATE: null,
  LOCK: [path => ({ operation: operation(), path, ttlMs: 1_000, waitMs: 0, token: null })],
  UNLOCK: [path => ({ operation: operation(), path, steal: true, token: null })],
  CHECK: [path => ({ path })],
  EXAMINE: null,
  CONDITION: null,
  PAST: [path => ({ path, at: null })],
  CONTENT: [path => ({ path, at: 1, digest, size: null })],
  RECALL: [path => ({ path, at: 1, digest, size: null })],
  HISTORY: [path => ({ path })],
  PRUNE: [path => ({ path, olderMs: 0, seqMax: null })],
  HAD: [path => ({ path })],
  FORGET: [path => ({ path, olderMs: 0, seqMax: 1, isDone: false })],
}

/** As they stand on the wire: what is no Unicode has no bytes, and '' is the whole tree where a folder is asked for. */
const refused = refusedPaths.filter(
  text => text !== '' && text.isWellFormed() && Buffer.byteLength(text) <= pathBytesMax + 100,
)

let folder: string
let cluster: Cluster
const canaries: Canaries[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concur-trapped-'))
  const roots: Record<string, string> = {}
  for (const name of ['server1', 'server2']) {
    roots[name] = join(folder, `at-${name}`, 'root')
    mkdirSync(roots[name], { recursive: true })
    canaries.push(trap(roots[name]))
  }
  cluster = new Cluster({ roots, replicas: 1 })
  for (const node of [cluster.coordinator, ...cluster.replicas]) node.disk = new UnflushedDisk()
  await cluster.start()
  await cluster.atRest()
})

afterAll(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true })
})

/**
 * Who asks whom: a client the coordinator, a client through the replica, a coordinator the replica. The last: every so many
 * of the paths that are some, which take longer.
 */
const ways = [
  ['the coordinator', 'server1', 'client', 8],
  ['the coordinator through a replica', 'server2', 'client', 24],
  ['a replica', 'server2', 'coordinator', 8],
] as const

function* asked(
  role: 'client' | 'coordinator',
): Generator<[RequestOpcode, (path: FilePath) => BodyOf<RequestOpcode>]> {
  for (const [opcode, places] of Object.entries(asks)) {
    if (!mayAsk(role, opcode as RequestOpcode)) continue
    for (const place of places ?? []) yield [opcode as RequestOpcode, place as never]
  }
}

async function dial(at: string, role: 'client' | 'coordinator'): Promise<RawPeer> {
  return cluster.dial(at, role === 'client' ? {} : { role, name: server1, members: [server1, server2] })
}

function ask(peer: RawPeer, opcode: RequestOpcode, body: BodyOf<RequestOpcode>): Answer {
  return peer.ask(opcode, body, { more: uploadOf({ opcode, body } as never) !== null })
}

test('every request is listed here', () => {
  const requests = Object.entries(opcodes).filter(([, { kind }]) => kind === 'request')
  expect(Object.keys(asks).sort()).toEqual(requests.map(([opcode]) => opcode).sort())
})

test.each(ways)(
  'of %s nothing is asked with what is no path: BAD_PATH, and the connection goes on',
  async (_, at, role) => {
    const peer = await dial(at, role)
    const wrong: string[] = []
    let cells = 0
    for (const [opcode, bodyFor] of asked(role)) {
      const answers = refused.map(text => [text, ask(peer, opcode, bodyFor(text as FilePath))] as const)
      for (const [text, answer] of answers) {
        const { error } = await answer.ended()
        cells++
        if (error?.code !== 'BAD_PATH')
          wrong.push(`${opcode} ${JSON.stringify(text)}: ${error?.code ?? 'an answer'}`)
      }
    }
    expect(wrong).toEqual([])
    expect(peer.connection.isOpen).toBe(true)
    expect(cells).toBeGreaterThan(refused.length)
    peer.close()
  },
)

test.each(ways)(
  'of %s every path is asked for, and nothing of what lies outside is told',
  async (_, at, role, step) => {
    const told: string[] = []
    const peer = await dial(at, role)
    const codes = new Map<string, number>()
    const tryPath = async (path: FilePath): Promise<void> => {
      for (const [opcode, bodyFor] of asked(role)) {
        const body = bodyFor(path)
        const answer = ask(peer, opcode, body)
        if (uploadOf({ opcode, body } as never) !== null) void answer.stream.sendFlow('SEAL', nothing, true)
        await answer.ended()
        const code = answer.error?.code ?? 'an answer'
        codes.set(code, (codes.get(code) ?? 0) + 1)
        const said = `${JSON.stringify(answer.messages)} ${answer.text()}`
        if (said.includes(canaryText) || said.includes('root:')) told.push(`${opcode} ${path}: ${said}`)
      }
    }
    const left = namedPaths.filter((_, place) => place % step === 0)
    const lane = async (): Promise<void> => {
      for (let path = left.pop(); path !== undefined; path = left.pop()) await tryPath(path as FilePath)
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    expect(told).toEqual([])
    expect(codes.get('INTERNAL')).toBeUndefined()
    expect(codes.get('BAD_PATH')).toBeUndefined()
    expect(codes.get('an answer')).toBeGreaterThan(namedPaths.length / step)
    expect(canaries.flatMap(one => one.harm())).toEqual([])
    peer.close()
  },
)
