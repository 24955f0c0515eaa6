/** Verification and marks in a whole cluster: real trees, real stores, nodes that are away or late. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import { keepIdentities } from '../replica/store/store.fixture.ts'

const MiB = 1024 * 1024

let cluster: Cluster

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  await cluster.settled()
}

afterEach(() => cluster.close())

const tree = { a: 'one', 'folder/b': 'two', 'folder/deeper/c': Buffer.alloc(200_000, 'c'), empty: null }

test('equal trees are the same, asked at the coordinator or at a replica, in whole or in part', async () => {
  await start({ replicas: 2, trees: { server1: tree, server2: tree, server3: tree } })
  const nodes = ['server1', 'server2', 'server3']
  for (const at of nodes) {
    const client = cluster.client(at)
    for (const deep of [false, true])
      expect(await client.verify('', { deep })).toMatchObject({
        files: 3,
        bytes: 200_006,
        nodes,
        marks: [],
        unreachable: [],
      })
    expect(await client.verify('folder/deeper')).toMatchObject({ files: 1, marks: [] })
    expect(await client.verify('a')).toMatchObject({ files: 1, bytes: 3, marks: [] })
    await expect(client.verify('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('every way of not being the same has its mark, and what is the same no row', async () => {
  await start({
    replicas: 2,
    trees: {
      server1: { ...tree, plus: 'x', byte: 'xxxx', 'type/inner': 'x' },
      server2: { ...tree, plus: 'x', minus: 'x', byte: 'xxxx', type: 'x' },
      server3: { ...tree, byte: 'xxyx', type: 'x' },
    },
  })
  for (const { root } of [cluster.coordinator, ...cluster.replicas]) symlinkSync('a', join(root, 'link'))
  const marks = ['* byte', '! link', '- minus', '+ plus', '* type', '+ type/inner']
  const client = cluster.client()
  expect(await client.verify()).toMatchObject({ marks, unreachable: [] })
  expect(await client.verify('', { deep: true })).toMatchObject({ marks })
  expect((await client.verify('byte')).rows).toMatchObject([
    { path: 'byte', mark: '*', digest: null, nodes: [{ copy: { size: 4 } }, { copy: { size: 4 } }, {}] },
  ])
  expect((await client.verify('type')).marks).toEqual(['* type', '+ type/inner'])
  expect(await client.verify('folder')).toMatchObject({ files: 2, marks: [] })
})

test('what no stat of a file shows is found when every byte is read, and known from then on', async () => {
  await start({ replicas: 2 })
  const client = cluster.client()
  const contents = { small: 'one', large: Buffer.alloc(200_000, 'l') }
  const { disk } = cluster.node('server3')
  keepIdentities(disk)
  for (const [path, content] of Object.entries(contents)) await client.put(path, content)
  await cluster.atRest()
  expect((await client.verify()).marks).toEqual([])
  cluster.write('server3', 'small', 'two')
  cluster.write('server3', 'large', Buffer.alloc(200_000, 'L'))
  expect((await client.verify()).marks).toEqual([])
  expect((await client.verify('', { deep: true })).marks).toEqual(['* large', '* small'])
  expect((await client.verify()).marks).toEqual(['* large', '* small'])
})

test('with a replica away nothing is the same, in whatever way it is asked, until it is back', async () => {
  await start({ trees: { server1: tree, server2: tree } })
  cluster.cut('server2')
  await cluster.untilState(['server2'], 'down')
  const client = cluster.client()
  for (const deep of [false, true]) {
    const { marks, unreachable } = await client.verify('', { deep })
    const all = ['a', 'empty', 'folder', 'folder/b', 'folder/deeper', 'folder/deeper/c']
    expect(marks).toEqual(all.map(path => `! ${path}`))
    expect(unreachable).toEqual([expect.stringMatching(/^server2 (is not connected|could not be reached)/)])
  }
  cluster.mend('server2')
  await cluster.settled()
  expect(await client.verify()).toMatchObject({ marks: [], unreachable: [] })
})

test('a replica without its coordinator refuses at once', async () => {
  await start({ trees: { server1: tree, server2: tree } })
  await cluster.stop('server1')
  const refused = cluster.client('server2').verify()
  await expect(refused).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('the coordinator'),
  })
})

test('when its client goes away every node stops summing up', async () => {
  const large = { large: Buffer.alloc(MiB, 'x') }
  await start({ trees: { server1: large, server2: large } })
  await cluster.atRest()
  const streams = cluster.node('server2').streamCount
  const goOn: (() => void)[] = []
  for (const name of ['server1', 'server2'])
    cluster.node(name).hasher.before = () => new Promise(resolve => void goOn.push(resolve))
  const peer = await cluster.dial('server1')
  peer.ask('VERIFY', { path: '' as never, deep: true })
  await until(() => goOn.length === 2, 'both readings')
  expect(cluster.node('server2').streamCount).toBe(streams + 1)
  peer.close()
  await until(() => cluster.node('server2').streamCount === streams, 'the end of the question')
  for (const end of goOn) end()
})

describe('a node that catches up', () => {
  /** server2 was away, has its link again, and waits for the content of `big`, which comes when `goOn` is called. */
  async function catchingUp(): Promise<() => void> {
    await start({ coordinator: { heartbeatTimeoutMs: 60_000 } })
    const client = cluster.client()
    await client.put('old', 'one')
    await client.put('gone', 'one')
    await client.put('same', 'one')
    await client.put('edited', 'one')
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    await client.put('big', Buffer.alloc(3 * MiB, 'b'))
    await client.put('old', 'two')
    await client.put('new', 'two')
    await client.put('edited', 'two')
    await client.change({ type: 'delete', path: 'gone' as never, recursive: false, force: false })
    cluster.write('server2', 'edited', 'by hand')
    cluster.write('server2', 'mine', 'by hand')
    let goOn: () => void = () => {}
    const held = new Promise<void>(resolve => {
      goOn = resolve
    })
    const { store } = cluster.coordinator
    const openContent = store.openContent.bind(store)
    let isAsked = false
    store.openContent = async entry => {
      isAsked = true
      await held
      return openContent(entry)
    }
    cluster.mend('server2')
    await until(() => isAsked, 'the question for the content')
    return goOn
  }

  test('has ~ where it is only behind, and what it is elsewhere; then everything that is the same is', async () => {
    const goOn = await catchingUp()
    const client = cluster.client()
    const late = ['~ big', '* edited', '~ gone', '- mine', '~ new', '~ old']
    expect((await client.ls()).marks).toEqual([...late, '= same'])
    expect((await client.verify()).marks).toEqual(late)
    const copy = { type: 'file', size: 3 }
    expect((await client.ls('old')).rows).toMatchObject([{ mark: '~', nodes: [{ copy }, { copy }] }])
    goOn()
    await cluster.settled()
    expect((await client.verify()).marks).toEqual(['* edited', '- mine'])
    expect((await client.ls()).marks).toEqual(['= big', '* edited', '- mine', '= new', '= old', '= same'])
  })
})

test('while files change on every node, nothing that is changed through us is told as different', async () => {
  await start({ replicas: 2 })
  const client = cluster.client()
  const writers = Array.from({ length: 16 }, (_, at) => cluster.client('server2', `writer-${at}@here`))
  await client.put('files/0', 'content')
  let isOver = false
  const writing = writers.map(async (writer, who) => {
    for (let at = 0; !isOver; at++) await writer.put(`files/${who}-${at % 3}`, `${who} ${at}`)
  })
  const alarms: string[] = []
  for (let round = 0; round < 8; round++) {
    alarms.push(...(await client.ls('files')).marks.filter(mark => !/^[=~] /.test(mark)))
    alarms.push(...(await client.verify()).marks.filter(mark => !/^~ /.test(mark)))
  }
  isOver = true
  await Promise.all(writing)
  expect(alarms).toEqual([])
  await cluster.atRest()
  expect((await client.verify()).marks).toEqual([])
})
