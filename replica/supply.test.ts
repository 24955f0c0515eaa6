/** Bytes that a replica lacks: asked for, supplied, lost. */
import type { Answer } from '../fixtures/raw-peer.ts'
import type { Served } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { blockDigest } from '../protocol/digest.ts'
import { FollowingReplica, last, refused, send, untilSettled } from './following.fixture.ts'
import { at, digest, put, removeFolder, settle, stageId, treeOf } from './store/changes.fixture.ts'
import { Supplying } from './supplying.fixture.ts'

let replica: FollowingReplica

beforeEach(async () => {
  replica = await FollowingReplica.open()
})

afterEach(() => replica.close())

describe('bytes that are not here', () => {
  const content = Buffer.alloc(1024 * 1024 + 5, 7)

  async function lacking(): Promise<{ served: Served; answer: Answer }> {
    const served = await replica.link()
    const answer = replica.follow(served)
    send(answer, replica.entries(put('a', content, { stage: stageId(9) })))
    answer.stream.send('COMMITTED', { seq: 1 })
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
    return { served, answer }
  }

  test('are supplied', async () => {
    const { served, answer } = await lacking()
    expect(answer.all('NEED')).toEqual([{ seq: 1 }])
    const supply = new Supplying(served.peer, 1, content)
    expect(await supply.all()).toEqual([0, 1])
    expect(supply.answer.all('WANTED')[1]).toEqual({ blocks: [] })
    await untilSettled(answer, 1)
    expect(treeOf(replica.temporary.root).a).toBe(content.toString())
  })

  test('of another digest are BAD_DIGEST, and still needed', async () => {
    const { served } = await lacking()
    const what = { seq: 1, size: content.length, digest: digest(content) }
    const supply = served.peer.ask('SUPPLY', what, { more: true })
    supply.stream.sendPiece(
      'DIGESTS',
      Buffer.concat([blockDigest(Buffer.from('x')), blockDigest(Buffer.from('y'))]),
    )
    expect(await refused(supply)).toMatchObject({ code: 'BAD_DIGEST' })
    expect(replica.following.needs.of(1)).not.toBeNull()
  })

  test('that nobody has any more are told as kept', async () => {
    const { answer } = await lacking()
    answer.stream.send('LOST', { seq: 1, reason: 'nobody has it' })
    await untilSettled(answer, 1)
    expect(last(answer)!.outcomes[0]!.kept[0]).toMatchObject({ path: 'a' })
  })

  test('are asked for again on the next link', async () => {
    const { served } = await lacking()
    served.close()
    await until(() => replica.following.needs.of(1) === null, 'the need to end')
    const answer = replica.follow(await replica.link())
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
  })

  test('of a record that needs none are NOT_FOUND', async () => {
    const { peer } = await replica.link()
    const supply = peer.ask('SUPPLY', { seq: 3, size: 0, digest: digest('') }, { more: true })
    expect(await refused(supply)).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('the list of a folder that is deleted', () => {
  const list = { path: at('f/a'), what: 'file', seen: [digest('one')] } as const

  async function deleting(): Promise<{ served: Served; answer: Answer; bytes: Buffer }> {
    await settle(replica.temporary.store, put('f/a', 'one'))
    const served = await replica.link()
    const answer = replica.follow(served)
    const [entry] = replica.entries(removeFolder('f', [list]))
    send(answer, [{ ...entry!, body: null }])
    answer.stream.send('COMMITTED', { seq: 2 })
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
    return { served, answer, bytes: entry!.body! }
  }

  test('is supplied', async () => {
    const { served, answer, bytes } = await deleting()
    expect(await new Supplying(served.peer, 2, bytes).all()).toEqual([0])
    await untilSettled(answer, 2)
    expect(treeOf(replica.temporary.root)).toEqual({})
  })

  test('that nobody has any more leaves the folder as it is, and says so', async () => {
    const { answer } = await deleting()
    answer.stream.send('LOST', { seq: 2, reason: 'nobody has it' })
    await untilSettled(answer, 2)
    expect(last(answer)!.outcomes).toMatchObject([{ seq: 2, kept: [{ path: 'f' }] }])
    expect(treeOf(replica.temporary.root)).toEqual({ f: null, 'f/a': 'one' })
  })
})
