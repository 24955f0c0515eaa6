/** Reads of copies that change or vanish between the verdict and the bytes. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { digestOf } from '../protocol/digest.ts'
import type { FilePath } from '../protocol/path.ts'

const path = 'big' as FilePath
const large = Buffer.alloc(3 * 1024 * 1024, 'large')

let cluster: Cluster

afterEach(() => cluster.close())

async function readBig(): Promise<Answer> {
  const peer = await cluster.dial('server1')
  return peer.ask('READ', { path, deep: false, bodies: 'all', from: null, lastOp: false })
}

describe('between the verdict and the bytes', () => {
  /** Does something to the copy just before a node opens it to send it. */
  function beforeBody(name: string, act: () => void, times = 1): void {
    const { store } = cluster.node(name)
    const openBody = store.openBody.bind(store)
    let left = times
    store.openBody = (...asked) => {
      if (left-- > 0) act()
      return openBody(...asked)
    }
  }

  test('a file that its only holder changes is CHANGED, and the client gets the new content when it asks again', async () => {
    cluster = await startCluster({ trees: { server2: { big: 'old' } } })
    beforeBody('server2', () => cluster.write('server2', 'big', 'newer'))
    const answer = await (await readBig()).ended()
    expect(answer.error).toMatchObject({
      code: 'CHANGED',
      message: expect.stringMatching(/^server2: big is not that/),
    })

    beforeBody('server2', () => cluster.write('server2', 'big', 'newest'))
    expect((await cluster.client().get('big')).texts).toEqual({ server2: 'newest' })
  })

  test('a file that its only holder deletes is CHANGED, and then it is nowhere', async () => {
    cluster = await startCluster({ trees: { server2: { big: 'old' } } })
    beforeBody('server2', () => cluster.remove('server2', 'big'))
    const answer = await (await readBig()).ended()
    expect(answer.error).toMatchObject({ code: 'CHANGED' })
    expect((await cluster.client().get('big')).verdict.error).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('another holder of the same content stands in for the one that changed it', async () => {
    cluster = await startCluster({ replicas: 2, trees: { server2: { big: large }, server3: { big: large } } })
    beforeBody('server2', () => cluster.write('server2', 'big', 'another content'))
    const answer = await (await readBig()).ended()
    expect(answer.error).toBe(null)
    expect(digestOf(Buffer.concat(answer.bodies[0]!)).digest).toBe(answer.only('VERDICT').versions[0]!.digest)
  })

  test('a replica stands in for the coordinator whose own copy changed', async () => {
    cluster = await startCluster({ trees: { server1: { big: large }, server2: { big: large } } })
    beforeBody('server1', () => cluster.remove('server1', 'big'))
    expect((await (await readBig()).ended()).text()).toBe(large.toString())
  })

  test('a replica that is lost gives way to the next holder', async () => {
    cluster = await startCluster({ replicas: 2, trees: { server2: { big: large }, server3: { big: large } } })
    beforeBody('server2', () => cluster.cut('server2'))
    const answer = await (await readBig()).ended()
    expect(answer.only('VERDICT').versions[0]!.copies.map(({ node }) => node)).toEqual(['server2', 'server3'])
    expect(answer.text()).toBe(large.toString())
  })
})
