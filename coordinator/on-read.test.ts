import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { fileCopy, nodeOf, pourText, ScriptedNode } from '../fixtures/scripted-node.ts'
import type { Version } from '../protocol/copies.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { FilePath } from '../protocol/path.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import { pourVersion } from './on-read.ts'

const path = 'a.txt' as FilePath
const KiB = 1024
const MiB = 1024 * KiB

describe('a version', () => {
  const { digest, size, mtimeMs, executable } = fileCopy('x')
  const poured: string[] = []
  const sink: BodySink = {
    closed: false,
    begin: size => void poured.push(`begin ${size}`),
    piece: async (opcode, bytes) => void poured.push(`${opcode} ${bytes.length}`),
  }
  const held = (...names: string[]): Version => ({
    type: 'file',
    digest,
    size,
    mtimeMs,
    executable,
    copies: names.map(node => ({ node: node as NodeName, checkedAtMs: 0 })),
    cause: null,
    note: null,
  })
  const failing = (name: string, error: Error): ScriptedNode =>
    new ScriptedNode(name, { pour: () => Promise.reject(error) })
  const lost = new ConcurError('UNREACHABLE', 'lost')

  beforeEach(() => {
    poured.length = 0
  })

  test('comes from its first holder, and nobody else is asked', async () => {
    const nodes = [
      nodeOf('server1', {}),
      nodeOf('server2', { 'a.txt': 'x' }),
      nodeOf('server3', { 'a.txt': 'x' }),
    ]
    await pourVersion(nodes, path, held('server2', 'server3'), sink)
    expect(nodes.map(({ asked }) => asked.length)).toEqual([0, 1, 0])
    expect(poured).toEqual(['begin 1', 'DIGESTS 32', 'CHUNK 1'])
  })

  test('comes from the next holder when the first one fails before it has begun', async () => {
    const nodes = [failing('server1', lost), failing('server2', lost), nodeOf('server3', { 'a.txt': 'x' })]
    await pourVersion(nodes, path, held('server1', 'server2', 'server3'), sink)
    expect(poured).toEqual(['begin 1', 'DIGESTS 32', 'CHUNK 1'])
  })

  test('that a holder has begun is not begun by another one', async () => {
    const half = new ScriptedNode('server1', {
      async pour(_, __, sink) {
        sink.begin(1)
        throw lost
      },
    })
    const whole = nodeOf('server2', { 'a.txt': 'x' })
    await expect(pourVersion([half, whole], path, held('server1', 'server2'), sink)).rejects.toBe(lost)
    expect(whole.asked).toEqual([])
  })

  test('that no holder gives fails with what the last one said', async () => {
    const nodes = [failing('server1', new ConcurError('IO_ERROR', 'the disk')), failing('server2', lost)]
    await expect(pourVersion(nodes, path, held('server1', 'server2'), sink)).rejects.toBe(lost)
  })

  test('that was deleted meanwhile has changed: who asks again gets the verdict of now', async () => {
    const nodes = [failing('server1', new ConcurError('NOT_FOUND', 'a.txt is not there any more'))]
    await expect(pourVersion(nodes, path, held('server1'), sink)).rejects.toMatchObject({
      code: 'CHANGED',
      message: 'a.txt is not there any more',
    })
  })

  test('that nobody wants any more is not asked for', async () => {
    const node = new ScriptedNode('server1', { pour: (_, __, sink) => pourText('x', sink) })
    await pourVersion([node], path, held('server1'), { ...sink, closed: true })
    expect(node.asked).toEqual([])
  })
})

describe('a read in a cluster', () => {
  let cluster: Cluster

  afterEach(() => cluster.close())

  test('of two against one gives both versions, each with all of its holders', async () => {
    const trees = { server1: { 'a.txt': 'one' }, server2: { 'a.txt': 'two' }, server3: { 'a.txt': 'one' } }
    cluster = await startCluster({ replicas: 2, trees })
    const { verdict, texts } = await cluster.client().get('a.txt')
    expect(verdict.verdict).toBe('DIFFERENT_FILES')
    expect(verdict.versions.map(({ copies, cause }) => [copies.map(({ node }) => node), cause])).toEqual([
      [['server1', 'server3'], 'never-replicated'],
      [['server2'], 'never-replicated'],
    ])
    expect(texts).toEqual({ server1: 'one', server2: 'two' })
  })

  test.each(['server1', 'server2', 'server3'])(
    'of differing copies from %s gives that one, and the verdict on all',
    async from => {
      const trees = { server1: { 'a.txt': 'one' }, server2: { 'a.txt': 'two' }, server3: { 'a.txt': 'one' } }
      cluster = await startCluster({ replicas: 2, trees })
      const { verdict, contents } = await cluster.client().get('a.txt', { bodies: 'from', from })
      expect(verdict).toMatchObject({ verdict: 'DIFFERENT_FILES', error: null })
      expect(Object.values(contents).map(String)).toEqual([from === 'server2' ? 'two' : 'one'])
    },
  )

  test('from a node that lacks it, cannot be asked, or is none, is an error that says so', async () => {
    cluster = await startCluster({ replicas: 2, trees: { server1: { 'a.txt': 'one' } } })
    const client = cluster.client()
    const errorFrom = async (from: string) =>
      (await client.get('a.txt', { bodies: 'from', from })).verdict.error
    expect(await errorFrom('server2')).toEqual({ code: 'NOT_FOUND', message: 'not on server2' })
    cluster.cut('server3')
    await cluster.untilState(['server3'], 'down')
    expect(await errorFrom('server3')).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^server3 /),
    })
    expect(await errorFrom('server9')).toEqual({
      code: 'USAGE',
      message: 'no node is called server9; the nodes are server1, server2, server3',
    })
  })

  test('of what is absent is NOT_FOUND only when every node was asked', async () => {
    cluster = await startCluster({ replicas: 1 })
    const client = cluster.client()
    expect((await client.get('a.txt')).verdict.error).toEqual({
      code: 'NOT_FOUND',
      message: 'not on server1, not on server2',
    })
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    const { error, missing, unreachable } = (await client.get('a.txt')).verdict
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^not on server1; server2 /),
    })
    expect([missing, unreachable]).toEqual([['server1'], ['server2']])
  })

  test('of what one node lacks is one file, and names who lacks it', async () => {
    cluster = await startCluster({ replicas: 2, trees: { server2: { 'a.txt': 'only here' } } })
    const { verdict, texts } = await cluster.client().get('a.txt')
    expect(verdict).toMatchObject({
      verdict: 'SINGLE_FILE',
      missing: ['server1', 'server3'],
      unreachable: [],
    })
    expect(texts).toEqual({ server2: 'only here' })
  })

  test('of a folder, and of a file that is a folder elsewhere', async () => {
    const trees = { server1: { both: null, mixed: 'file' }, server2: { both: null, mixed: null } }
    cluster = await startCluster({ trees })
    const client = cluster.client()
    expect((await client.get('both')).verdict.error).toEqual({
      code: 'IS_DIRECTORY',
      message: 'a folder on server1, a folder on server2',
    })
    const { verdict, texts } = await client.get('mixed')
    expect(verdict.verdict).toBe('DIFFERENT_FILES')
    expect(verdict.versions.map(({ type }) => type)).toEqual(['file', 'folder'])
    expect(texts).toEqual({ server1: 'file' })
  })

  test.each([0, 1, 64 * KiB, 64 * KiB + 1, MiB, MiB + 1, 2 * MiB])(
    'of %d bytes brings every byte, from the coordinator and from a replica',
    async size => {
      const content = Buffer.alloc(size, 'abc')
      const trees = {
        server1: { both: content, first: content },
        server2: { both: content, second: content },
      }
      cluster = await startCluster({ trees, pieceBytes: 10_000 })
      const client = cluster.client()
      for (const name of ['both', 'first', 'second']) {
        const { verdict, contents } = await client.get(name)
        expect(verdict.verdict).toBe('SINGLE_FILE')
        expect(Object.values(contents)).toHaveLength(1)
        expect(Object.values(contents)[0]!.equals(content)).toBe(true)
      }
    },
  )

  test('of two large versions brings both whole, one behind the other', async () => {
    const versions = ['x', 'y'].map(letter => Buffer.alloc(3 * MiB + 5, letter))
    cluster = await startCluster({
      trees: { server1: { big: versions[0]! }, server2: { big: versions[1]! } },
    })
    const peer = await cluster.dial('server1')
    const answer = await peer
      .ask('READ', { path: 'big' as FilePath, deep: false, bodies: 'all', from: null, lastOp: false })
      .ended()
    expect(answer.error).toBe(null)
    for (const [place, version] of versions.entries())
      expect(Buffer.concat(answer.bodies[place]!).equals(version)).toBe(true)
    const places = answer.messages.flatMap(({ opcode }, place) => (opcode === 'BODY' ? [place] : []))
    expect(
      answer.messages.slice(places[0], places[1]).filter(({ opcode }) => opcode === 'CHUNK'),
    ).toHaveLength(13)
  })

  test('brings no bytes where none are wanted, nor of differing copies where only an agreed one is', async () => {
    const trees = { server1: { same: 'x', differs: 'x' }, server2: { same: 'x', differs: 'y' } }
    cluster = await startCluster({ trees })
    const client = cluster.client()
    expect((await client.get('same', { bodies: 'none' })).texts).toEqual({})
    expect((await client.get('same', { bodies: 'agreed' })).texts).toEqual({ server1: 'x' })
    expect((await client.get('differs', { bodies: 'agreed' })).texts).toEqual({})
  })

  test('that is deep reads every byte on every node again', async () => {
    const content = Buffer.alloc(100 * KiB, 'x')
    cluster = await startCluster({ trees: { server1: { big: content }, server2: { big: content } } })
    const client = cluster.client()
    const hashed = () => [cluster.node('server1'), cluster.node('server2')].map(node => node.hasher.hashed)
    for (const { disk } of [cluster.node('server1'), cluster.node('server2')]) disk.aheadS = 100
    await client.get('big')
    await client.get('big')
    expect(hashed()).toEqual([1, 1])
    await client.get('big', { deep: true })
    expect(hashed()).toEqual([2, 2])
  })

  test('is one line in the log: who, what, which path, verdict or code, and the time', async () => {
    cluster = await startCluster({ trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'x' } } })
    const client = cluster.client('server1', 'anna@home')
    await client.get('a.txt')
    await client.get('b.txt')
    const ms = expect.any(Number)
    expect(cluster.node('server1').log.all('request')).toEqual([
      { client: 'anna@home', op: 'read', path: 'a.txt', verdict: 'SINGLE_FILE', ms },
      { client: 'anna@home', op: 'read', path: 'b.txt', code: 'NOT_FOUND', ms },
    ])
  })
})
