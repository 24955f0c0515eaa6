/** Changes in a whole cluster: one order, everywhere, also when nodes come and go in the middle. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import type { NodeName } from '../protocol/ids.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'

const MiB = 1024 * 1024

let cluster: Cluster

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  await cluster.settled()
}

afterEach(() => cluster.close())

const on = (name: string, path: string): string => readFileSync(join(cluster.node(name).root, path), 'latin1')
const nodes = (): string[] => [cluster.coordinator, ...cluster.replicas].map(({ name }) => name)
const everywhere = (path: string): string[] => nodes().map(name => on(name, path))

test('a change is in every folder when its answer comes, and a read finds one file', async () => {
  await start({ replicas: 2 })
  const client = cluster.client()
  const done = await client.put('folder/a', 'one')
  expect(done).toMatchObject({
    applied: ['server1', 'server2', 'server3'],
    behind: [],
    kept: [],
    of: 3,
    error: null,
  })
  expect(everywhere('folder/a')).toEqual(['one', 'one', 'one'])
  expect((await client.get('folder/a')).verdict).toMatchObject({
    verdict: 'SINGLE_FILE',
    missing: [],
    stale: [],
  })
})

test.each([0, 1, inlineBytesMax, inlineBytesMax + 1, 3 * MiB + 7])(
  '%d bytes arrive as they are',
  async size => {
    await start()
    const content = Buffer.alloc(size, 'abcdefg')
    await cluster.client().put('a', content)
    await cluster.client('server2').append('a', content)
    const whole = Buffer.concat([content, content]).toString('latin1')
    expect(everywhere('a').map(found => found === whole)).toEqual([true, true])
  },
)

test('two who append lose no line, and each line is there once', async () => {
  await start()
  const clients = [cluster.client('server1', 'a@here'), cluster.client('server2', 'b@here')]
  await clients[0]!.put('log', '')
  const lines = clients.map((_, who) => Array.from({ length: 25 }, (_, at) => `${who} ${at}\n`))
  await Promise.all(
    clients.map(async (client, who) => {
      for (const line of lines[who]!) await client.append('log', line)
    }),
  )
  const [first, second] = everywhere('log')
  expect(first).toBe(second)
  const found = first!.split('\n').slice(0, -1)
  for (const [who, expected] of lines.entries())
    expect(found.filter(line => line.startsWith(`${who} `))).toEqual(expected.map(line => line.trim()))
  expect(found).toHaveLength(50)
})

test('a node that is lost while a change waits for it is left out by a record, and gets the change when it is back', async () => {
  await start({ replicas: 2 })
  const client = cluster.client()
  await client.put('a', 'one')
  cluster.cut('server3')
  const done = await client.put('a', 'two')
  expect(done).toMatchObject({ applied: ['server1', 'server2'], behind: [{ node: 'server3' }] })
  expect(on('server3', 'a')).toBe('one')
  cluster.mend('server3')
  await cluster.settled('server3')
  await until(() => on('server3', 'a') === 'two', 'the change to arrive')
})

test('too few nodes for what is asked is a refusal that leaves no trace', async () => {
  await start({ replicas: 2 })
  cluster.cut('server2')
  cluster.cut('server3')
  await cluster.untilState(['server2', 'server3'], 'down')
  const { seq } = cluster.coordinator.store.journal.last
  const refused = cluster.client().put('a', 'one', { ack: 'quorum' })
  await expect(refused).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('quorum'),
  })
  expect(cluster.coordinator.store.journal.last.seq).toBe(seq)
})

test('the same operation twice is made once and told the first answer, also after a restart of the coordinator', async () => {
  await start()
  const operation = { nonce: 'a'.repeat(32), counter: 1, floor: 0 } as Operation
  const ask = async () => {
    const peer = await cluster.dial('server1')
    const what = { type: 'mkdir' as const, path: parsePath('folder'), parents: false }
    const answer = peer.ask('CHANGE', {
      operation,
      ifMatch: null,
      ifAbsent: false,
      ack: null,
      fence: null,
      what,
    })
    return (await answer.ended()).only('DONE')
  }
  const first = await ask()
  expect(await ask()).toEqual(first)
  await cluster.stop('server1')
  await cluster.restart('server1')
  await cluster.settled()
  expect(await ask()).toEqual(first)
})

test('an append that is sent again while the first attempt still sends its bytes is made once, and both are told so', async () => {
  await start()
  await cluster.client().put('log', 'begun\n')
  const bytes = Buffer.from('a line\n')
  const operation = { nonce: 'c'.repeat(32), counter: 1, floor: 0 } as Operation
  const what = { type: 'append' as const, path: parsePath('log'), create: false, bytes: bytes.length }
  const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
  const send = async () => {
    const peer = await cluster.dial('server1')
    const answer = peer.ask('CHANGE', { operation, ...conditions, what }, { more: true })
    await answer.stream.sendPiece('CHUNK', bytes)
    const said = { size: bytes.length, digest: digestOf(bytes).digest }
    const seal = () => answer.stream.sendFlow('SEAL', said, true)
    return { answer, seal }
  }
  const [first, again] = [await send(), await send()]
  await again.seal()
  const done = (await again.answer.ended()).only('DONE')
  await first.seal()
  expect((await first.answer.ended()).only('DONE')).toEqual(done)
  expect(everywhere('log')).toEqual(['begun\na line\n', 'begun\na line\n'])
})

test('a coordinator that starts again goes on in a higher term, and an old link of another one is fenced', async () => {
  await start()
  await cluster.client().put('a', 'one')
  await cluster.stop('server1')
  await cluster.restart('server1')
  await cluster.settled()
  await cluster.client().put('a', 'two')
  expect(everywhere('a')).toEqual(['two', 'two'])
  const { coordinator, replicas } = await cluster.client().status()
  expect([coordinator.epoch, replicas[0]!.epoch]).toEqual([2, 2])
  const peer = await cluster.dial('server2', { role: 'coordinator', name: 'other' as NodeName, members: [] })
  const epoch = { number: 1, incarnation: 'f'.repeat(32) as never }
  const answer = peer.ask(
    'FOLLOW',
    {
      epoch,
      afterSeq: 0,
      afterHash: '0'.repeat(64) as never,
      committedSeq: 0,
      isFork: false,
      journalKeep: 1,
      historyMs: null,
    },
    { more: true },
  )
  expect((await answer.ended()).error).toMatchObject({ code: 'FENCED' })
})

test('an edit between two changes gives way when all saw it, and is in that node’s history', async () => {
  await start()
  const client = cluster.client()
  await client.put('a', 'one')
  cluster.write('server2', 'a', 'edited')
  expect((await client.get('a')).verdict).toMatchObject({
    verdict: 'DIFFERENT_FILES',
    versions: [{ cause: null }, { cause: 'edited-on-disk' }],
  })
  const done = await client.put('a', 'two')
  expect(done.replaced.map(({ node, cause }) => [node, cause])).toEqual([
    ['server1', null],
    ['server2', 'edited-on-disk'],
  ])
  const seq = String(done.op!.seq).padStart(16, '0')
  expect(on('server2', `.concur/history/${seq}/a`)).toBe('edited')
  await expect(client.append('a', '!')).resolves.toMatchObject({ error: null })
  cluster.write('server2', 'a', 'edited again')
  await expect(client.append('a', '!')).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('bytes that are announced as too many are refused before they come', async () => {
  await start()
  const peer = await cluster.dial('server1')
  const operation = { nonce: 'b'.repeat(32), counter: 1, floor: 0 } as Operation
  const what = { type: 'put' as const, path: parsePath('a'), executable: null, bytes: 2 ** 40 + 1 }
  const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
  const answer = peer.ask('CHANGE', { operation, ...conditions, what }, { more: true })
  expect((await answer.ended()).error).toMatchObject({ code: 'TOO_LARGE' })
})

test('an upload that is refused when it has come leaves nothing staged on any node', async () => {
  await start({ replicas: 2 })
  const client = cluster.client()
  await client.put('a', 'a')
  const refused = client.put('a', Buffer.alloc(inlineBytesMax + 1), { ifAbsent: true })
  await expect(refused).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  const staged = () => nodes().flatMap(name => readdirSync(join(cluster.node(name).root, '.concur/staging')))
  await until(() => staged().length === 0, 'the stages to go')
})
