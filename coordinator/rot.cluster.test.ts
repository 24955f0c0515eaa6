/** Bytes that rot on one node's disk, in a whole cluster: found, told, never passed as good, never spread. */
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { told } from '../fixtures/told-verdict.ts'

let cluster: Cluster

beforeEach(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.settled()
})

afterEach(() => cluster.close())

const nameOn = (node: string, path: string) => join(cluster.node(node).root, path)
/** @returns the seq of the change. */
const put = async (path: string, content: string): Promise<number> =>
  (await cluster.client().put(path, content)).op!.seq
const read = (path: string, options: { deep?: boolean } = {}) => cluster.client().get(path, options)
const verdictOf = async (path: string, options = {}) => told((await read(path, options)).verdict)

test('rot is found by a deep read, told from then on, and never mended by itself', async () => {
  const written = await put('a', 'one')
  cluster.node('server2').disk.rot(nameOn('server2', 'a'))
  const rotten = ['DIFFERENT_FILES', `server1 = server3, as written (seq ${written})`, 'server2, bit-rot']
  expect(await verdictOf('a', { deep: true })).toEqual(rotten)
  expect(await verdictOf('a')).toEqual(rotten)
  expect(await verdictOf('a', { deep: true })).toEqual(rotten)
})

test.each(['server1', 'server2'])(
  'of the copy on %s is found by a read that it does not pass',
  async name => {
    await put('a', 'x'.repeat(200_000))
    for (const node of ['server1', 'server2', 'server3']) if (node !== name) cluster.remove(node, 'a')
    cluster.node(name).disk.rot(nameOn(name, 'a'), 150_000)
    const { verdict, texts } = await read('a')
    expect(told(verdict).slice(0, 2)).toEqual(['DIFFERENT_FILES', `${name}, bit-rot`])
    expect(texts[name]!.slice(149_999, 150_002)).toBe('xyx')
  },
)

test('rot of the only copy that there is, is no agreement', async () => {
  await put('a', 'one')
  cluster.remove('server2', 'a')
  cluster.remove('server3', 'a')
  cluster.node('server1').disk.rot(nameOn('server1', 'a'))
  expect((await verdictOf('a', { deep: true })).slice(0, 2)).toEqual(['DIFFERENT_FILES', 'server1, bit-rot'])
})

test('rot is over when somebody writes the file: that is an edit, or the content again', async () => {
  const written = await put('a', 'one')
  const { disk } = cluster.node('server2')
  disk.rot(nameOn('server2', 'a'))
  await read('a', { deep: true })
  disk.heal(nameOn('server2', 'a'))
  cluster.write('server2', 'a', 'edited')
  expect(await verdictOf('a')).toEqual([
    'DIFFERENT_FILES',
    `server1 = server3, as written (seq ${written})`,
    'server2, edited-on-disk',
  ])
  cluster.write('server2', 'a', 'one')
  expect(await verdictOf('a')).toEqual(['SINGLE_FILE', 'server1 = server2 = server3'])
})

test('rot of a file that nobody ever wrote through us is rot all the same', async () => {
  for (const name of ['server1', 'server2', 'server3']) {
    cluster.write(name, 'old', 'same')
    cluster.node(name).disk.aheadS = 61
  }
  expect(await verdictOf('old')).toEqual(['SINGLE_FILE', 'server1 = server2 = server3'])
  cluster.node('server3').disk.rot(nameOn('server3', 'old'))
  expect(await verdictOf('old', { deep: true })).toEqual([
    'DIFFERENT_FILES',
    'server1 = server2, never-replicated',
    'server3, bit-rot',
  ])
})

test('rot is refused as the base of an append, and does not spread by one that meets it', async () => {
  await put('a', 'one')
  cluster.node('server1').disk.rot(nameOn('server1', 'a'))
  const refused = cluster.client().append('a', '!')
  await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
  expect((await verdictOf('a'))[1]).toBe('server1, bit-rot')
  await put('a', 'two')
  cluster.node('server2').disk.rot(nameOn('server2', 'a'))
  const done = await cluster.client().append('a', '!')
  expect(done.replaced).toMatchObject([{ node: 'server2', cause: 'bit-rot' }])
  expect(await verdictOf('a', { deep: true })).toEqual(['SINGLE_FILE', 'server1 = server2 = server3'])
})

test('rot is no agreement in plain text either', async () => {
  await put('a', 'one')
  cluster.node('server2').disk.rot(nameOn('server2', 'a'))
  await read('a', { deep: true })
  expect(await cluster.text('server1', 'a\n')).toBe('DIFFERENT_FILES|SERVER1|one|SERVER2|nne')
  cluster.remove('server1', 'a')
  cluster.remove('server3', 'a')
  expect(await cluster.text('server1', 'a\n')).toBe('ERROR|the copy on server2 has rotted')
})

test('rot is found by a plain-text read that it does not pass', async () => {
  await put('a', 'one')
  cluster.remove('server2', 'a')
  cluster.remove('server3', 'a')
  cluster.node('server1').disk.rot(nameOn('server1', 'a'))
  expect(await cluster.text('server1', 'a\n')).toBe('ERROR|the copy on server1 has rotted')
})
