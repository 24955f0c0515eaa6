/** A relay whose coordinator is gone, is lost in the middle, or says nothing. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { clientHello, type RawPeer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { ByteWriter } from '../protocol/bytes.ts'
import { writeFrameHeader } from '../protocol/frame.ts'
import type { ClientId } from '../protocol/ids.ts'
import { frameHeaderBytes, streamCreditBytes } from '../protocol/limits.ts'
import { encodeBody, type Opcode } from '../protocol/opcodes.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'

const large = Buffer.alloc(8 * 1024 * 1024, 'large')
const read = { path: 'a.txt' as FilePath, deep: false, bodies: 'all', from: null, lastOp: false } as const
const readBig = { ...read, path: 'big' as FilePath }

let cluster: Cluster
let time: FakeTime
let peer: RawPeer

beforeEach(async () => {
  time = new FakeTime()
  const trees = { server1: { 'a.txt': 'one', big: large }, server2: { 'a.txt': 'two' } }
  cluster = await startCluster({ time, trees })
  await until(() => cluster.node('server2').log.all('link').length === 1, 'the link')
  peer = await cluster.dial('server2')
})

afterEach(() => cluster.close())

function frameOf(opcode: Opcode, stream: number, body: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes)
  writeFrameHeader(header, 0, { bodyBytes: body.length, stream, opcode, fin: true })
  return Buffer.concat([header, body])
}

describe('when the coordinator is lost', () => {
  test('in the middle of an answer that answer fails, the next one is of this copy, and later ones are relayed anew', async () => {
    const answer = peer.ask('READ', readBig, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    cluster.cut('server1')
    answer.read()
    expect((await answer.ended()).error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'the coordinator was lost: the connection broke',
    })
    const alone = (await peer.ask('READ', read).ended()).only('VERDICT')
    expect(alone).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: ['server1'] })
    cluster.mend('server1')
    await time.pass(1_000)
    const anew = (await peer.ask('READ', read).ended()).only('VERDICT')
    expect(anew).toMatchObject({ verdict: 'DIFFERENT_FILES', unreachable: [] })
  })

  test('a lock that was passed on may have been granted: nobody knows, as of a change', async () => {
    const other = await cluster.dial('server1', { clientId: 'other@there' as ClientId })
    const request = (counter: number, waitMs: number) => ({
      operation: { nonce: 'e'.repeat(32), counter, floor: 0 } as Operation,
      ...{ path: 'a.txt' as FilePath, ttlMs: 60_000, waitMs, token: null },
    })
    expect((await other.ask('LOCK', request(1, 0)).ended()).only('LOCK_IS').state).toBe('mine')
    const waiting = peer.ask('LOCK', request(2, 50_000))
    expect((await peer.ask('CHECK', { path: 'a.txt' as FilePath }).ended()).only('LOCK_IS').state).toBe(
      'held',
    )
    cluster.cut('server1')
    expect((await waiting.ended()).error?.code).toBe('TIMEOUT')
  })

  test('in order, the answers fail with its words', async () => {
    const answer = peer.ask('READ', readBig, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    await cluster.stop('server1')
    answer.read()
    expect((await answer.ended()).error?.message).toBe('the coordinator was lost: the coordinator stops')
  })

  test('every request that waits for it is answered from this copy', async () => {
    await cluster.stop('server1')
    const answers = [
      peer.ask('READ', read),
      peer.ask('STATUS', {}),
      peer.ask('LIST', { path: wholeTree, recursive: true, compare: true }),
    ]
    for (const answer of answers) await answer.ended()
    expect(answers[0]!.only('VERDICT')).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: ['server1'] })
    expect(answers[0]!.text()).toBe('two')
    expect(answers[1]!.only('STATUS_IS').coordinator).toMatchObject({ name: 'server1', state: 'down' })
    expect(answers[2]!.only('LISTED').unreachable.map(({ node }) => node)).toEqual(['server1'])
    const lines = cluster.node('server2').log.all('request')
    expect(lines.map(({ client, op }) => `${client} ${op}`).sort()).toEqual(
      ['ls', 'read', 'status'].map(op => `tester@here ${op}`),
    )
  })

  test('a request that was cancelled while it waited is not answered', async () => {
    cluster.silence('server1')
    const answer = peer.ask('READ', read)
    const next = peer.ask('READ', read)
    await turns(5)
    answer.stream.cancel()
    await time.pass(2_100)
    expect((await next.ended()).only('VERDICT').unreachable).toEqual(['server1'])
    expect(answer.messages).toEqual([])
    cluster.wake('server1')
  })

  test('one that accepts and says nothing is waited for as long as a HELLO may take, and not by each request anew', async () => {
    cluster.silence('server1')
    const first = peer.ask('READ', read)
    await time.pass(900)
    expect(first.isFinished).toBe(false)
    await time.pass(1_200)
    expect((await first.ended()).only('VERDICT').unreachable).toEqual(['server1'])
    expect((await peer.ask('READ', read).ended()).only('VERDICT').unreachable).toEqual(['server1'])
    cluster.wake('server1')
  })

  test('it is dialled again at most once a second by each client', async () => {
    await cluster.stop('server1')
    const dials = () => cluster.network.dials.filter(dial => dial === 'server2 to server1').length
    const before = dials()
    for (let request = 0; request < 10; request++) {
      await peer.ask('READ', read).ended()
      await time.pass(250)
    }
    expect(dials() - before).toBe(3)
  })

  test('a frame that makes no sense ends the connection of the client that sent it, and no other', async () => {
    await cluster.stop('server1')
    const hello = new ByteWriter()
    encodeBody(hello, 'HELLO', { ...clientHello, versionMin: 1, versionMax: 1, claim: null })
    const line = await cluster.line('server2')
    line.say(frameOf('HELLO', 0, hello.take()))
    line.say(frameOf('READ', 1, Buffer.alloc(30, 0xff)))
    await line.ended()
    expect(line.received.length).toBeGreaterThan(0)
    expect((await peer.ask('READ', read).ended()).only('VERDICT').verdict).toBe('SINGLE_FILE')
  })
})
