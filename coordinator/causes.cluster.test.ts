/** What a read says of copies that differ, row by row as DESIGN.md section 4 has them, in a whole cluster. */
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { told } from '../fixtures/told-verdict.ts'
import { until } from '../fixtures/until.ts'
import { parsePath } from '../protocol/path.ts'

let cluster: Cluster
/** Asks again and again: on one connection. */
let client: ReturnType<Cluster['client']>

beforeEach(async () => {
  cluster = await startCluster({
    replicas: 2,
    coordinator: { heartbeatTimeoutMs: 1_500 },
    replica: { heartbeatMs: 300 },
  })
  await cluster.settled()
  client = cluster.client()
})

afterEach(() => cluster.close())

const nameOn = (node: string, path: string) => join(cluster.node(node).root, path)

/** @returns the seq of the change. */
const put = async (path: string, content: string): Promise<number> =>
  (await client.put(path, content)).op!.seq
const remove = async (path: string): Promise<number> => {
  const what = { type: 'delete', path: parsePath(path), recursive: false, force: false } as const
  return (await client.change(what)).op!.seq
}
const read = (path: string, options: { deep?: boolean; from?: string } = {}) =>
  client.get(path, { ...options, bodies: options.from === undefined ? 'all' : 'from' })

const verdictOf = async (path: string, options = {}) => told((await read(path, options)).verdict)

/** From now on the node journals records and settles none. */
function hold(name: string): void {
  cluster.node(name).store.settler.commit = () => {}
}

/** The node is left out of a change, and follows again without getting on. @returns the seq of the change. */
async function leaveBehind(name: string, change: () => Promise<number>): Promise<number> {
  hold(name)
  cluster.cut(name)
  await cluster.untilState([name], 'down')
  const seq = await change()
  cluster.mend(name)
  await cluster.untilState([name], 'catching-up')
  return seq
}

/** A node that has got no further for the heartbeat timeout is not stale any more. */
const untilDifferent = (path: string) =>
  until(
    async () => (await read(path)).verdict.verdict === 'DIFFERENT_FILES',
    `${path} to be called different`,
  )

test('every copy the same: one file, on all nodes, each with when it was read', async () => {
  await put('a', 'one')
  const { verdict } = await read('a')
  expect(told(verdict)).toEqual(['SINGLE_FILE', 'server1 = server2 = server3'])
  for (const { checkedAtMs } of verdict.versions[0]!.copies) expect(checkedAtMs).toBeGreaterThan(0)
})

test('a deep read renews when each copy was read', async () => {
  await put('a', 'one')
  const before = Date.now()
  const [version] = (await read('a', { deep: true })).verdict.versions
  for (const { checkedAtMs } of version!.copies) expect(checkedAtMs).toBeGreaterThanOrEqual(before)
})

test('absent: never had it, deleted by hand, behind', async () => {
  cluster.write('server2', 'never', 'x')
  expect(await verdictOf('never')).toEqual([
    'SINGLE_FILE',
    'server2',
    'server1 never had it through us',
    'server3 never had it through us',
  ])
  await leaveBehind('server3', () => put('a', 'one'))
  cluster.remove('server2', 'a')
  expect(await verdictOf('a')).toEqual([
    'SINGLE_FILE',
    'server1',
    'server2 has no such file any more: it was deleted by hand',
    'server3 has no such file yet: it is behind',
  ])
})

test('an older version where a node is catching up is stale as long as the node moves, and then it is different', async () => {
  await put('a', 'one')
  const written = await leaveBehind('server3', () => put('a', 'two'))
  const stale = (await read('a')).verdict
  expect(stale).toMatchObject({ verdict: 'SINGLE_FILE', stale: ['server3'] })
  const { behindOps, reason } = stale.details[0]!
  expect(reason).toBe(`is ${behindOps} operations behind`)
  await untilDifferent('a')
  expect(await verdictOf('a')).toEqual([
    'DIFFERENT_FILES',
    `server1 = server2, as written (seq ${written})`,
    `server3, behind, behind by ${behindOps} operations`,
  ])
})

test('bytes that no record has were edited on the disk; an older content that was put back is named', async () => {
  const first = await put('a', 'one')
  const second = await put('a', 'two')
  cluster.write('server2', 'a', 'one')
  cluster.write('server3', 'a', 'edited')
  expect(await verdictOf('a')).toEqual([
    'DIFFERENT_FILES',
    `server1, as written (seq ${second})`,
    `server2, edited-on-disk, equals seq ${first}`,
    'server3, edited-on-disk',
  ])
})

test('a node whose position went back is called rolled back, and compared as it is', async () => {
  await put('a', 'one')
  await put('same', 'same')
  const snapshot = `${cluster.node('server2').root}.snapshot`
  await cluster.stop('server2')
  cpSync(cluster.node('server2').root, snapshot, { recursive: true })
  await cluster.restart('server2')
  await cluster.settled()
  await put('a', 'two')
  await cluster.stop('server2')
  rmSync(cluster.node('server2').root, { recursive: true })
  cpSync(snapshot, cluster.node('server2').root, { recursive: true })
  rmSync(snapshot, { recursive: true })
  await cluster.untilState(['server2'], 'down')
  await cluster.restart('server2')
  hold('server2')
  await cluster.untilState(['server2'], 'catching-up')
  expect((await cluster.client().status()).replicas[0]).toMatchObject({ rolledBack: true })
  expect(await verdictOf('same')).toEqual(['SINGLE_FILE', 'server1 = server2 = server3'])
  await untilDifferent('a')
  expect((await verdictOf('a'))[2]).toMatch(/^server2, behind, behind by \d+ operations$/)
})

test('files that were never replicated are told as such', async () => {
  cluster.write('server1', 'a', 'one')
  cluster.write('server2', 'a', 'two')
  expect(await verdictOf('a')).toEqual([
    'DIFFERENT_FILES',
    'server1, never-replicated',
    'server2, never-replicated',
    'server3 never had it through us',
  ])
})

test('deleted through us and edited on a node: one version, and who deleted it when', async () => {
  const written = await put('a', 'one')
  const deleted = await remove('a')
  const deletedAt = new Date().toISOString()
  cluster.write('server2', 'a', 'one')
  const { verdict } = await read('a')
  expect(told(verdict)).toEqual([
    'DIFFERENT_FILES',
    expect.stringMatching(
      `^server2, edited-on-disk, equals seq ${written}, deleted by tester@here at .*Z \\(seq ${deleted}\\)$`,
    ),
    'server1 has no such file',
    'server3 has no such file',
  ])
  expect(verdict.versions[0]!.note!.match(/ at (\S+)/)![1]! <= deletedAt).toBe(true)
})

test('a leftover where the delete is not settled: NOT_FOUND, where it lies, and how to have it', async () => {
  await put('a', 'one')
  const seq = await leaveBehind('server3', () => remove('a'))
  const deleted = `not on server1, not on server2; deleted by tester@here at \\S+Z \\(seq ${seq}\\)`
  expect((await read('a')).verdict.error).toEqual({
    code: 'NOT_FOUND',
    message: expect.stringMatching(
      `^${deleted}; server3 still has it and is about to move it into its history$`,
    ),
  })
  await until(
    async () => (await read('a')).verdict.stale.length === 0,
    'server3 to be seen as standing still',
  )
  expect((await read('a')).verdict.error).toEqual({
    code: 'NOT_FOUND',
    message: expect.stringMatching(
      `^${deleted}; server3 is behind and still has it, until it moves it into its history: get --from server3 reads it$`,
    ),
  })
  const { verdict, texts } = await read('a', { from: 'server3' })
  expect(told(verdict).slice(0, 2)).toEqual(['DIFFERENT_FILES', 'server3, behind'])
  expect(texts).toEqual({ server3: 'one' })
})

test('a leftover while another node cannot be asked is not called missing', async () => {
  await put('a', 'one')
  await leaveBehind('server3', () => remove('a'))
  cluster.cut('server2')
  await cluster.untilState(['server2'], 'down')
  expect((await read('a')).verdict.error).toMatchObject({ code: 'UNREACHABLE' })
})

test('a file here, a folder and a link there: the types, and which of them the journal wants', async () => {
  await put('a', 'one')
  await put('folder/inner', 'x')
  cluster.remove('server2', 'a')
  cluster.write('server2', 'a', null)
  cluster.remove('server3', 'a')
  symlinkSync('folder', nameOn('server3', 'a'))
  expect(await verdictOf('a')).toEqual([
    'DIFFERENT_FILES',
    expect.stringMatching(/^server1, as written/),
    'server2, edited-on-disk, a folder',
    'server3, edited-on-disk, a link',
  ])
  cluster.remove('server2', 'folder')
  cluster.write('server2', 'folder', 'a file by hand')
  expect(await verdictOf('folder')).toEqual([
    'DIFFERENT_FILES',
    'server1 = server3, a folder',
    expect.stringMatching(
      /^server2, edited-on-disk, a folder was made there by tester@here at \S+ \(seq \d+\)$/,
    ),
  ])
  mkdirSync(nameOn('server1', 'never'))
  cluster.write('server2', 'never', 'x')
  expect(await verdictOf('never')).toEqual([
    'DIFFERENT_FILES',
    'server1, never-replicated, a folder',
    'server2, never-replicated',
    'server3 never had it through us',
  ])
})

test('absent everywhere is not found only where every node was asked', async () => {
  expect(await verdictOf('nothing')).toEqual([
    'NOT_FOUND not on server1, not on server2, not on server3',
    ...['server1', 'server2', 'server3'].map(name => `${name} never had it through us`),
  ])
  cluster.cut('server3')
  await cluster.untilState(['server3'], 'down')
  expect((await read('nothing')).verdict.error).toMatchObject({ code: 'UNREACHABLE' })
})

test('the last operation of a path is told where it is asked for', async () => {
  const written = await put('a', 'one')
  const peer = await cluster.dial('server1')
  const ask = async (lastOp: boolean, path = 'a') => {
    const request = { path: parsePath(path), deep: false, bodies: 'none', from: null, lastOp } as const
    return (await peer.ask('READ', request).ended()).only('VERDICT').lastOp
  }
  expect(await ask(true)).toMatchObject({ seq: written, type: 'put', path: 'a', client: 'tester@here' })
  expect(await ask(false)).toBeNull()
  expect(await ask(true, 'nothing')).toBeNull()
  const deleted = await remove('a')
  expect(await ask(true)).toMatchObject({ seq: deleted, type: 'delete', path: 'a' })
})
