/** Bytes that go ahead of their records. */
import type { Answer } from '../fixtures/raw-peer.ts'
import type { Served } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { FollowingReplica, refused, send, untilSettled } from './following.fixture.ts'
import { digest, put, stageId, treeOf } from './store/changes.fixture.ts'

let replica: FollowingReplica

beforeEach(async () => {
  replica = await FollowingReplica.open()
})

afterEach(() => replica.close())

describe('STAGE', () => {
  const content = Buffer.from('staged bytes')
  const seal = { size: content.length, digest: digest(content) }

  function stage({ peer }: Served, what = seal): Answer {
    const answer = peer.ask('STAGE', { stage: stageId(1) }, { more: true })
    answer.stream.sendPiece('CHUNK', content)
    answer.stream.sendFlow('SEAL', what, true)
    return answer
  }

  test('is told when it is durable, and again when a record that names it is', async () => {
    const served = await replica.link()
    const staged = stage(served)
    const answer = replica.follow(served)
    send(answer, replica.entries(put('a', content, { stage: stageId(1) })))
    expect((await staged.ended()).all('STAGED')).toEqual([seal, seal])
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(replica.temporary.root)).toEqual({ a: 'staged bytes' })
    expect(answer.all('NEED')).toEqual([])
  })

  test('whose SEAL says something else is BAD_DIGEST, and nothing stays', async () => {
    const staged = stage(await replica.link(), { ...seal, digest: digest('other') })
    expect(await refused(staged)).toMatchObject({ code: 'BAD_DIGEST' })
    expect(replica.temporary.store.stages.has(stageId(1))).toBe(false)
  })

  test('that is there already is ALREADY_EXISTS', async () => {
    const served = await replica.link()
    const staged = stage(served)
    await staged.until(() => staged.all('STAGED').length === 1, 'STAGED')
    expect(await refused(stage(served))).toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  test('goes with its link', async () => {
    const served = await replica.link()
    const staged = stage(served)
    await staged.until(() => staged.all('STAGED').length === 1, 'STAGED')
    served.close()
    await until(() => !replica.temporary.store.stages.has(stageId(1)), 'the stage to go')
  })

  test('of a fenced store is READ_ONLY', async () => {
    replica.temporary.store.fence.set('a flush failed')
    expect(await refused(stage(await replica.link()))).toMatchObject({ code: 'READ_ONLY' })
    replica.temporary.store.fence.clear()
  })
})
