/** What was replaced or deleted is brought back, wherever in the cluster it is; and copies that differ become one. */
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import type { ClusterClient } from '../fixtures/cluster-client.ts'
import { digestOf } from '../protocol/digest.ts'
import { parsePath } from '../protocol/path.ts'

const large = Buffer.alloc(3 * 1024 * 1024 + 7, 'large')

let cluster: Cluster
let client: ClusterClient

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  await cluster.settled()
  client = cluster.client()
}

afterEach(() => cluster.close())

const nodes = (): string[] => [cluster.coordinator, ...cluster.replicas].map(({ name }) => name)
const at = (node: string, path: string): string => join(cluster.node(node).root, path)
const everywhere = (path: string): (string | null)[] =>
  nodes().map(node => (existsSync(at(node, path)) ? readFileSync(at(node, path), 'latin1') : null))
const rmAll = (path: string) =>
  client.change({ type: 'delete', path: parsePath(path), recursive: true, force: false })

/** The seq behind which the path was as it is now. */
async function now(): Promise<number> {
  return (await client.log()).at(-1)?.seq ?? 0
}

describe('undone by what brings back what was there before', () => {
  test.each<[string, string | Buffer, (path: string) => Promise<unknown>]>([
    ['a put', 'before', path => client.put(path, 'after')],
    ['an append', 'before', path => client.append(path, ' and after')],
    ['an append to a large file', large, path => client.append(path, ' and after')],
    ['a put over a large file', large, path => client.put(path, 'after')],
    ['a put of a large file', 'before', path => client.put(path, large)],
    ['a delete', 'before', path => client.rm(path)],
    ['a delete of a large file', large, path => client.rm(path)],
    ['a rename', 'before', path => client.mv(path, 'elsewhere')],
    ['a restore', 'before', path => client.put(path, 'x').then(() => client.restore(path, 0))],
    ['a put of what was there', 'before', path => client.put(path, 'before')],
  ])('is %s', async (_, content, change) => {
    await start()
    await client.put('a', content)
    const seq = await now()
    await change('a')
    const undone = await client.restore('a', seq)
    expect(undone).toMatchObject({ applied: ['server1', 'server2'], kept: [], error: null })
    const whole = content.toString('latin1')
    expect(everywhere('a').map(found => found === whole)).toEqual([true, true])
    expect((await client.verify()).marks).toEqual([])
  })

  test('is what made a file where none was: it goes', async () => {
    await start()
    const seq = await now()
    await client.put('folder/a', 'new')
    expect((await client.restore('folder/a', seq)).op).toMatchObject({ type: 'delete' })
    expect(everywhere('folder/a')).toEqual([null, null])
  })

  test('is, unless somebody says behind which, the last change of the path', async () => {
    await start()
    await client.put('a', 'one')
    await client.put('a', 'two')
    await client.put('other', 'x')
    await client.restore('a')
    expect(everywhere('a')).toEqual(['one', 'one'])
    await client.rm('a')
    await client.restore('a')
    expect(everywhere('a')).toEqual(['one', 'one'])
  })
})

test('a restore stands in the log as one, and in the answer', async () => {
  await start()
  await client.put('a', 'one')
  await client.put('a', 'two')
  const { op, digest, replaced } = await client.restore('a')
  expect(op).toMatchObject({ type: 'restore', path: 'a' })
  expect(digest).toBe(digestOf(Buffer.from('one')).digest)
  expect(replaced.map(({ node, cause }) => [node, cause])).toEqual([
    ['server1', null],
    ['server2', null],
  ])
  expect((await client.log()).map(({ type }) => type)).toEqual(['put', 'put', 'restore'])
})

test('a restored file may be run if it could be before', async () => {
  await start()
  const path = parsePath('tool')
  await client.change({ type: 'put', path, executable: true }, 'x')
  await client.rm('tool')
  await client.restore('tool')
  expect(nodes().map(node => statSync(at(node, 'tool')).mode & 0o100)).toEqual([0o100, 0o100])
})

describe('what was never written through us', () => {
  test('comes back from the only node that had it', async () => {
    await start({ trees: { server2: { a: large } } })
    await client.rm('a')
    expect(everywhere('a')).toEqual([null, null])
    await client.restore('a')
    expect(everywhere('a').map(found => found === large.toString('latin1'))).toEqual([true, true])
  })

  test('comes back by its digest, where two versions gave way to one', async () => {
    await start({ trees: { server1: { a: 'first' }, server2: { a: 'second' } } })
    await client.put('a', 'one for all')
    const { digest } = digestOf(Buffer.from('second'))
    await client.change({ type: 'restore', path: parsePath('a'), at: null, digest, size: null })
    expect(everywhere('a')).toEqual(['second', 'second'])
  })

  test('comes back as somebody had edited it before it gave way', async () => {
    await start()
    await client.put('a', 'written')
    for (const node of nodes()) cluster.write(node, 'a', 'edited everywhere')
    await client.put('a', 'written again')
    await client.restore('a')
    expect(everywhere('a')).toEqual(['edited everywhere', 'edited everywhere'])
  })
})

test('what every disk has lost comes from the journal, when it is small', async () => {
  await start()
  const { op } = await client.put('a', 'written')
  for (const node of nodes()) writeFileSync(at(node, 'a'), 'edited in place')
  await client.restore('a', op!.seq)
  expect(everywhere('a')).toEqual(['written', 'written'])
})

describe('a folder that was deleted', () => {
  test('says what lay in it, and each comes back', async () => {
    await start({ trees: { server1: { 'docs/never replicated': 'x' } } })
    const names = Array.from({ length: 60 }, (_, at) => `docs/${at % 7}/file ${at}`)
    for (const name of names) await client.put(name, name)
    await client.change({ type: 'mkdir', path: parsePath('docs/empty'), parents: false })
    await rmAll('docs')
    const { entries } = await client.past('docs')
    const files = entries.filter(({ type }) => type === 'file').map(({ path }) => path)
    expect(files).toEqual([...names].sort())
    expect(entries.filter(({ type }) => type === 'folder').map(({ path }) => path)).toContain('docs/empty')
    for (const { path } of entries.filter(({ type }) => type === 'file')) await client.restore(path)
    for (const name of names) expect(everywhere(name)).toEqual([name, name])
    expect(everywhere('docs/never replicated')).toEqual(['x', null])
  })

  test('is known also where it had another name meanwhile', async () => {
    await start()
    await client.put('docs/a', 'a')
    const seq = await now()
    await client.mv('docs', 'papers')
    await client.put('papers/b', 'b')
    await rmAll('papers')
    const { entries } = await client.past('docs', seq)
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual(['folder docs', 'file docs/a'])
    await client.restore('docs/a', seq)
    expect(everywhere('docs/a')).toEqual(['a', 'a'])
  })

  test('tells of one that is there only what is otherwise', async () => {
    await start()
    for (const name of ['same', 'changed', 'gone']) await client.put(`docs/${name}`, name)
    const seq = await now()
    await client.put('docs/changed', 'otherwise')
    await client.rm('docs/gone')
    await client.put('docs/new/file', 'new')
    const { entries } = await client.past('docs', seq)
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'folder docs',
      'file docs/changed',
      'file docs/gone',
      'absent docs/new',
      'absent docs/new/file',
    ])
  })
})

describe('refused, with no trace', () => {
  test.each([
    ['what was never there', 'nowhere', null, 'NOT_FOUND'],
    ['what is yet to come', 'a', 1_000, 'NOT_FOUND'],
    ['a folder that is there, without a word on when', 'folder', null, 'IS_DIRECTORY'],
  ])('is %s', async (_, path, seq, code) => {
    await start()
    await client.put('a', 'x')
    await client.put('folder/b', 'x')
    await expect(client.past(path, seq)).rejects.toMatchObject({ code })
  })

  test('is a content that nobody has any more', async () => {
    await start()
    await client.put('a', large)
    await client.rm('a')
    for (const node of nodes()) rmSync(at(node, '.concur/history'), { recursive: true })
    const before = await now()
    await expect(client.restore('a')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^a: no node has b3:[0-9a-f]{64} any more$/),
    })
    expect([everywhere('a'), await now()]).toEqual([[null, null], before])
  })

  test('is a content that only somebody who is away may have', async () => {
    await start({ trees: { server2: { a: 'only here' } } })
    await client.rm('a')
    await cluster.stop('server2')
    await cluster.untilState(['server2'], 'down')
    await expect(client.restore('a')).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await cluster.restart('server2')
    await cluster.settled()
    await client.restore('a')
    expect(everywhere('a')).toEqual(['only here', 'only here'])
  })
})

test.each<[string, string | Buffer]>([
  ['small', 'one'],
  ['large', large],
])(
  'a node that was away gets what was restored meanwhile, %s, and history outlives every restart',
  async (_, content) => {
    await start()
    await client.put('a', content)
    await client.put('a', 'two')
    await cluster.stop('server2')
    await cluster.stop('server1')
    await cluster.restart('server1')
    client = cluster.client()
    await client.restore('a')
    await cluster.restart('server2')
    await cluster.settled()
    const whole = content.toString('latin1')
    expect(everywhere('a').map(found => found === whole)).toEqual([true, true])
  },
)

describe('a content that a path had, asked for by itself', () => {
  test('comes from whichever node has it', async () => {
    await start({ trees: { server2: { a: large } } })
    const seq = await now()
    await client.rm('a')
    expect((await client.content('a', seq, large)).equals(large)).toBe(true)
  })

  test('is NOT_FOUND when nobody has it, UNREACHABLE when somebody who may have it is away', async () => {
    await start({ trees: { server2: { a: 'only here' } } })
    const seq = await now()
    await client.rm('a')
    await expect(client.content('a', seq, 'another')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await cluster.stop('server2')
    await cluster.untilState(['server2'], 'down')
    await expect(client.content('a', seq, 'only here')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})

describe('resolved', () => {
  test('all copies become the one of a node, and the others go to history', async () => {
    await start({ replicas: 2, trees: { server1: { a: 'first' }, server2: { a: large } } })
    const { op, replaced } = await client.resolve('a', 'server2')
    expect(op).toMatchObject({ type: 'resolve', path: 'a' })
    expect(replaced).toMatchObject([{ node: 'server1', cause: 'never-replicated' }])
    expect(everywhere('a').map(found => found?.length)).toEqual([large.length, large.length, large.length])
    expect((await client.verify()).marks).toEqual([])
    await client.restore('a')
    expect(everywhere('a')).toEqual(['first', 'first', 'first'])
  })

  test('a version gets a name of its own', async () => {
    await start({ trees: { server1: { a: 'first' }, server2: { a: 'second' } } })
    await client.resolve('a.server2', 'server2', 'a')
    expect([everywhere('a.server2'), everywhere('a')]).toEqual([
      ['second', 'second'],
      ['first', 'second'],
    ])
  })

  test('the bit by which it may be run goes with it', async () => {
    await start({ trees: { server1: { a: 'first' }, server2: { a: 'second' } } })
    chmodSync(at('server2', 'a'), 0o755)
    await client.resolve('a', 'server2')
    expect(statSync(at('server1', 'a')).mode & 0o100).toBe(0o100)
  })

  test.each([
    ['nothing', 'a', 'server2', 'NOT_FOUND'],
    ['a folder', 'folder', 'server1', 'IS_DIRECTORY'],
    ['no node', 'a', 'server7', 'USAGE'],
  ])('never to %s', async (_, path, node, code) => {
    await start({ trees: { server1: { a: 'first', 'folder/b': 'x' } } })
    await expect(client.resolve(path, node)).rejects.toMatchObject({ code })
    expect(everywhere('a')).toEqual(['first', null])
    expect(await now()).toBe(0)
  })

  test('not from a node that is away', async () => {
    await start({ trees: { server1: { a: 'first' }, server2: { a: 'second' } } })
    await cluster.stop('server2')
    await expect(client.resolve('a', 'server2')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})
