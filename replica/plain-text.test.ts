import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'
import { parsePath } from '../protocol/path.ts'

const MiB = 1024 * 1024
const large = Buffer.alloc(3 * MiB + 3, 'large')

let cluster: Cluster
let time: FakeTime

beforeEach(async () => {
  time = new FakeTime()
  const server2 = { 'a.txt': 'x|y\n', empty: '', folder: null, big: large, 'größe 1': 'z' }
  cluster = await startCluster({ time, trees: { server2 } })
})

afterEach(() => cluster.close())

test.each([
  ['a.txt\n', 'x|y\n'],
  ['a.txt\r\n', 'x|y\n'],
  ['größe 1\n', 'z'],
  ['empty\n', ''],
])('%j is answered with the bare bytes', async (typed, content) => {
  expect(await cluster.text('server2', typed)).toBe(content)
})

test('a path may end by silence, or with the stream', async () => {
  const silent = await cluster.line('server2')
  silent.say('a.txt')
  await time.pass(100)
  expect((await silent.ended()).text).toBe('x|y\n')
  const ending = await cluster.line('server2')
  ending.say('a.txt')
  ending.end()
  expect((await ending.ended()).text).toBe('x|y\n')
})

test.each([
  'nothing\n',
  'folder\n',
  '../server1/a.txt\n',
  '/etc/passwd\n',
  '.concur/node.json\n',
  '\n',
  `${'a'.repeat(300)}\n`,
])('what is no file here is FILE_NOT_FOUND: %j', async typed => {
  expect(await cluster.text('server2', typed)).toBe('FILE_NOT_FOUND')
})

test('a large file comes whole', async () => {
  expect(await cluster.text('server2', 'big\n')).toBe(large.toString())
})

test('the coordinator is not needed', async () => {
  await cluster.stop('server1')
  expect(await cluster.text('server2', 'a.txt\n')).toBe('x|y\n')
})

test('a file that changes while it is sent is broken off, so that nobody takes it for whole', async () => {
  const line = await cluster.line('server2')
  line.say('big\n')
  await until(() => line.received.length > 0, 'the first bytes')
  line.pause()
  cluster.write('server2', 'big', 'another')
  line.resume()
  await until(() => line.closed !== null, 'the break')
  expect(line.closed?.error).not.toBe(null)
  expect(line.received.length).toBeLessThanOrEqual(large.length)
  expect(cluster.node('server2').log.all('request')).toMatchObject([
    { op: 'text', path: 'big', code: 'CHANGED' },
  ])
})

test('a file that cannot be read gets neither of the two answers', async () => {
  const { store } = cluster.node('server2')
  store.look = () => ({ is: 'unreadable', reason: 'the disk failed to read it (EIO)' })
  const line = await cluster.line('server2')
  line.say('a.txt\n')
  await until(() => line.closed !== null, 'the break')
  expect(line.closed?.error).not.toBe(null)
  expect(line.text).toBe('')
})

test('a reader that is gone lets go of the file', async () => {
  const { disk } = cluster.node('server2')
  await cluster.atRest()
  const before = disk.open.size
  const line = await cluster.line('server2')
  line.say('big\n')
  await until(() => line.received.length > 0, 'the first bytes')
  expect(disk.open.size).toBe(before + 1)
  line.destroy()
  await until(() => disk.open.size === before, 'the file to be closed')
})

test('each read is one line in the log', async () => {
  await cluster.text('server2', 'a.txt\n')
  await cluster.text('server2', 'nothing\n')
  await until(() => cluster.node('server2').log.all('request').length === 2, 'the lines')
  expect(cluster.node('server2').log.all('request')).toMatchObject([
    { client: null, op: 'text', path: 'a.txt', verdict: 'SINGLE_FILE' },
    { client: null, op: 'text', path: 'nothing', code: 'NOT_FOUND' },
  ])
})

test('bytes that have rotted are broken off, before it is known and after', async () => {
  await cluster.stop('server1')
  const { disk, root, store } = cluster.node('server2')
  disk.aheadS = 61
  const path = parsePath('a.txt')
  await store.look(path, { deep: false })
  disk.rot(join(root, 'a.txt'))
  expect(await cluster.text('server2', 'a.txt\n')).toBe('')
  expect(await store.look(path, { deep: true })).toMatchObject({ rotten: true })
  expect(await cluster.text('server2', 'a.txt\n')).toBe('')
})
