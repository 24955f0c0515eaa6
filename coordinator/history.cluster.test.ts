/** What paths were, asked of whole nodes: who has which content, and what goes. */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { parsePath } from '../protocol/path.ts'
import { historyOf } from '../replica/store/changes.fixture.ts'

const day = 86_400_000
let cluster: Cluster

afterEach(() => cluster.close())

const start = async (historyMs: number | null = 30 * day, trees = {}): Promise<void> => {
  cluster = await startCluster({ coordinator: { historyMs }, trees })
  await cluster.settled()
}

const client = () => cluster.client()

/** `put 12 server1 = server2 now`, a content. */
async function told(path: string): Promise<string[]> {
  const { contents } = await client().history(path)
  return contents.map(({ path: at, seq, type, size, nodes, isCurrent, untilMs }) => {
    const stays = isCurrent ? 'now' : untilMs === null ? 'stays' : 'goes'
    const named = at === path ? '' : `${at} `
    return `${named}${seq === null ? '-' : type} ${size} ${nodes.join(' = ')} ${stays}`
  })
}

test('every content of a file is told once, the oldest first, with who has it', async () => {
  await start()
  await client().put('a', 'one')
  await client().put('a', 'second')
  await client().put('a', 'the third')
  expect(await told('a')).toEqual([
    'put 3 server1 = server2 goes',
    'put 6 server1 = server2 goes',
    'put 9 server1 = server2 now',
  ])
  const { contents } = await client().history('a')
  const seqs = contents.map(({ seq }) => seq!)
  expect([...seqs].sort((a, b) => a - b)).toEqual(seqs)
  const left = contents[0]!.untilMs! - Date.now()
  expect(left / day).toBeCloseTo(30, 1)
})

test('for ever has no end', async () => {
  await start(null)
  await client().put('a', 'one')
  await client().put('a', 'second')
  expect(await told('a')).toEqual(['put 3 server1 = server2 stays', 'put 6 server1 = server2 now'])
})

test('what is deleted is told, and what was given that name again', async () => {
  await start()
  await client().put('a', 'one')
  await client().rm('a')
  expect(await told('a')).toEqual(['put 3 server1 = server2 goes'])
  await client().put('a', 'second')
  expect(await told('a')).toEqual(['put 3 server1 = server2 goes', 'put 6 server1 = server2 now'])
})

test('earlier lengths of a file that grew are there as long as it is', async () => {
  await start()
  await client().put('a', 'one')
  await client().append('a', ' two')
  await client().append('a', ' three')
  expect(await told('a')).toEqual([
    'put 3 server1 = server2 stays',
    'append 7 server1 = server2 stays',
    'append 13 server1 = server2 now',
  ])
  await client().rm('a')
  expect(await told('a')).toEqual([
    'put 3 server1 = server2 goes',
    'append 7 server1 = server2 goes',
    'append 13 server1 = server2 goes',
  ])
})

test('what was a file before it was extended, and no operation wrote, is told as such', async () => {
  await start(30 * day, { server1: { a: 'mine' }, server2: { a: 'mine' } })
  await client().append('a', '+')
  expect(await told('a')).toEqual(['- 4 server1 = server2 stays', 'append 5 server1 = server2 now'])
})

test('an edit that gave way is on its node alone, and stands where it belongs by its time', async () => {
  await start()
  await client().put('a', 'one')
  await cluster.atRest()
  cluster.write('server2', 'a', 'edited here')
  await client().put('a', 'third')
  expect(await told('a')).toEqual(['put 3 server1 goes', '- 11 server2 goes', 'put 5 server1 = server2 now'])
})

test('a content is told under the name that it had, and under the one that it has', async () => {
  await start()
  await client().put('a', 'one')
  await client().append('a', '+')
  await client().mv('a', 'b')
  expect(await told('b')).toEqual(['rename 4 server1 = server2 now'])
  expect(await told('a')).toEqual(['put 3 server1 = server2 stays', 'append 4 server1 = server2 stays'])
  await client().rm('b')
  expect(await told('a')).toEqual(['put 3 server1 = server2 goes', 'append 4 server1 = server2 goes'])
})

test('a folder tells of all below it that was once something else', async () => {
  await start()
  await client().put('f/a', 'one')
  await client().put('f/g/b', 'one')
  await client().put('f/untouched', 'one')
  await client().put('f-', 'one')
  await client().rm('f-')
  await client().rm('f/a')
  await client().put('f/g/b', 'second')
  expect(await told('f')).toEqual([
    'f/a put 3 server1 = server2 goes',
    'f/g/b put 3 server1 = server2 goes',
    'f/g/b put 6 server1 = server2 now',
  ])
  expect((await told('')).length).toBe(4)
})

test('of a path that nobody ever had there is nothing, of a folder that is new no row', async () => {
  await start()
  await client().put('f/a', 'one')
  expect(await told('f')).toEqual([])
  await expect(told('x')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'nothing that it was is on server1, server2',
  })
})

test('a node that cannot be asked is named, and a replica without its coordinator tells what it has', async () => {
  await start()
  await client().put('a', 'one')
  await client().put('a', 'second')
  await cluster.atRest()
  cluster.cut('server2')
  await cluster.untilState(['server2'], 'down')
  const { contents, unreachable } = await client().history('a')
  expect(contents.map(({ nodes }) => nodes)).toEqual([['server1'], ['server1']])
  expect(unreachable).toEqual([expect.stringMatching(/^server2 is not connected/)])
  await expect(client().history('x')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  cluster.mend('server2')
  await cluster.stop('server1')
  const alone = await cluster.client('server2').history('a')
  expect(alone.contents.map(({ nodes, seq }) => [nodes, seq !== null])).toEqual([
    [['server2'], true],
    [['server2'], true],
  ])
  expect(alone.unreachable).toEqual([expect.stringMatching(/^server1 was not asked/)])
  await expect(cluster.client('server2').history('x')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(cluster.client('server2').prune('')).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

test('through a replica the answer is the same', async () => {
  await start()
  await client().put('a', 'one')
  await client().put('a', 'second')
  const direct = await client().history('a')
  const relayed = await cluster.client('server2').history('a')
  expect(relayed.contents.map(({ digest, nodes }) => [digest, nodes])).toEqual(
    direct.contents.map(({ digest, nodes }) => [digest, nodes]),
  )
})

test('what is told survives restarts of every node', async () => {
  await start()
  await client().put('a', 'one')
  await client().append('a', '+')
  await client().put('a', 'second')
  const before = await told('a')
  for (const name of ['server2', 'server1']) {
    await cluster.atRest()
    await cluster.stop(name)
    await cluster.restart(name)
    await cluster.settled()
  }
  expect(await told('a')).toEqual(before)
})

test('what a node had that was put back from a copy is told, and so is what it missed', async () => {
  await start()
  await client().put('a', 'one')
  await client().put('a', 'second')
  await cluster.atRest()
  await cluster.stop('server2')
  const { root } = cluster.node('server2')
  cpSync(root, `${root}.copy`, { recursive: true, preserveTimestamps: true })
  await cluster.restart('server2')
  await cluster.settled()
  await client().put('a', 'the third')
  await client().put('a', 'the fourth')
  await cluster.atRest()
  await cluster.stop('server2')
  rmSync(root, { recursive: true })
  cpSync(`${root}.copy`, root, { recursive: true, preserveTimestamps: true })
  await cluster.restart('server2')
  await cluster.settled()
  await cluster.atRest()
  const all = await told('a')
  expect(all.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'put 3',
    'put 6',
    'put 9',
    'put 10',
  ])
  expect([all[0], all[1], all[3]]).toEqual([
    'put 3 server1 = server2 goes',
    'put 6 server1 = server2 goes',
    'put 10 server1 = server2 now',
  ])
})

test('pruning tells first, and takes on every node what it told, and nothing that came since', async () => {
  await start()
  await client().put('f/a', 'one')
  await client().put('f/a', 'second')
  await client().put('b', 'one')
  await client().rm('b')
  await cluster.atRest()
  const shown = await client().prune('')
  expect(shown.paths).toEqual([
    { path: 'b', objects: 2, bytes: 6, left: 0, nodes: ['server1', 'server2'] },
    { path: 'f/a', objects: 2, bytes: 6, left: 0, nodes: ['server1', 'server2'] },
  ])
  expect(Object.keys(historyOf(cluster.node('server2').root))).toHaveLength(2)
  await client().put('f/a', 'the third')
  await cluster.atRest()
  const { paths } = await client().prune('', { seqMax: shown.seqMax })
  expect(paths).toEqual(shown.paths)
  for (const name of ['server1', 'server2'])
    expect(Object.values(historyOf(cluster.node(name).root))).toEqual(['second'])
  expect(await told('f/a')).toEqual(['put 6 server1 = server2 goes', 'put 9 server1 = server2 now'])
  expect(cluster.coordinator.log.all('history pruned by hand')).toMatchObject([{ objects: 4, bytes: 12 }])
})

test('pruning of a folder leaves all else, and of an age what is younger', async () => {
  await start()
  for (const path of ['f/a', 'f-', 'g']) {
    await client().put(path, 'one')
    await client().rm(path)
  }
  await cluster.atRest()
  expect((await client().prune('', { olderMs: day })).paths).toEqual([])
  const { seqMax } = await client().prune('f')
  expect((await client().prune('f', { seqMax })).paths.map(({ path }) => path)).toEqual(['f/a'])
  expect((await client().prune('')).paths.map(({ path }) => path)).toEqual(['f-', 'g'])
})

test('a content of history is opened by its digest, whole or as a beginning, and never as another', async () => {
  await start()
  await client().put('a', 'one')
  await client().append('a', ' two')
  await client().put('a', 'second')
  const { store } = cluster.node('server2')
  await cluster.atRest()
  const { contents } = await client().history('a')
  const read = async ({ digest, size }: (typeof contents)[number]): Promise<string> => {
    const body = await store.history.open({ path: parsePath('a'), digest, size })
    try {
      const pieces: Buffer[] = []
      for await (const piece of body.pieces()) pieces.push(Buffer.from(piece))
      return Buffer.concat(pieces).toString()
    } finally {
      body.close()
    }
  }
  expect([await read(contents[0]!), await read(contents[1]!)]).toEqual(['one', 'one two'])
  await expect(read(contents[2]!)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('an edit that gave way comes back by its digest, which the history tells', async () => {
  await start()
  await client().put('a', 'one')
  await cluster.atRest()
  cluster.write('server2', 'a', 'edited here')
  await client().put('a', 'third')
  const { contents } = await client().history('a')
  const { digest, size } = contents.find(({ seq }) => seq === null)!
  const { error } = await client().change({ type: 'restore', path: parsePath('a'), at: null, digest, size })
  expect(error).toBeNull()
  expect((await client().get('a')).texts.server1).toBe('edited here')
  expect(await told('a')).toEqual([
    'put 3 server1 goes',
    'put 5 server1 = server2 goes',
    'restore 11 server1 = server2 now',
  ])
})

test('every node is told how long history stays', async () => {
  await start(7 * day)
  await client().put('a', 'one')
  await client().rm('a')
  const { contents } = await client().history('a')
  expect((contents[0]!.untilMs! - Date.now()) / day).toBeCloseTo(7, 1)
  await cluster.stop('server1')
  const alone = await cluster.client('server2').history('a')
  expect((alone.contents[0]!.untilMs! - Date.now()) / day).toBeCloseTo(7, 1)
  const seen = join(cluster.node('server2').root, '.concur/seen')
  await cluster.stop('server2')
  expect([existsSync(seen), readFileSync(seen, 'utf8')]).toEqual([true, expect.stringContaining('"samples"')])
})
