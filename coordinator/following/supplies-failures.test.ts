/** Bytes that a replica lacks and cannot be given, against a replica that a test plays. */
import { turns } from '../../fixtures/fake-time.ts'
import { content, NeedingWorld } from '../../fixtures/needing-world.ts'
import { ScriptedBody } from '../../fixtures/scripted-journal.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'

let world: NeedingWorld

afterEach(() => world.served.close())

describe('bytes that cannot be supplied', () => {
  test('because nobody has them are LOST, and nothing else ends', async () => {
    world = await NeedingWorld.start({ count: 2 })
    world.open = async () => {
      throw new ConcurError('NOT_FOUND', 'nobody has it')
    }
    world.need(2)
    await world.untilLost()
    expect(world.lost()).toEqual([
      { seq: 2, reason: 'never got the bytes of record 2, which nobody has any more' },
    ])
    expect(world.ended).toEqual([])
  })

  test('because the file moves are looked for once more', async () => {
    world = await NeedingWorld.start()
    const moved = { atBlock: 2, error: new ConcurError('CHANGED', 'file 1 changed while it was read') }
    world.opens(time => new ScriptedBody(content, time === 0 ? moved : null))
    world.need(1)
    const first = await world.supplyAt(0)
    first.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    await until(() => first.failure !== null, 'CANCEL')
    expect((await world.takeAll(1)).equals(content)).toBe(true)
    await world.untilClosed()
    expect(world.lost()).toEqual([])
  })

  test('because the file moves again are LOST, with the reason', async () => {
    world = await NeedingWorld.start()
    world.open = async () => {
      throw new ConcurError('CHANGED', 'file 1 changed while it was read')
    }
    world.need(1)
    await world.untilLost()
    expect(world.lost()).toEqual([
      { seq: 1, reason: 'never got the bytes of record 1: file 1 changed while it was read' },
    ])
  })

  test('because a block is not what it was are tried twice, and then LOST', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    for (const at of [0, 1]) {
      const { stream } = await world.supplyAt(at)
      stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
      stream.fail(new ConcurError('BAD_DIGEST', 'block 0 is another'))
    }
    await world.untilLost()
    expect(world.replica.supplies).toHaveLength(2)
    expect(world.lost()).toEqual([{ seq: 1, reason: 'never got the bytes of record 1: block 0 is another' }])
    expect(world.bodies.map(({ isClosed }) => isClosed)).toEqual([true, true])
  })

  test('because they are not needed any more are let go', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    ;(await world.supplyAt(0)).stream.fail(new ConcurError('NOT_FOUND', 'nothing of record 1 is needed'))
    await world.untilClosed()
    await turns(20)
    expect([world.lost(), world.ended, world.replica.supplies.length]).toEqual([[], [], 1])
  })

  test('because they are refused in the middle are read no further', async () => {
    world = await NeedingWorld.start()
    world.replica.givesCredit = false
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    await until(() => supply.bytes('CHUNK').length > 0, 'chunks')
    supply.stream.fail(new ConcurError('NOT_FOUND', 'nothing of record 1 is needed'))
    await world.untilClosed()
    expect(world.bodies[0]!.blocksRead).toBeLessThanOrEqual(2)
  })

  test.each<ErrorCode>(['NO_SPACE', 'IO_ERROR'])(
    'because the replica says %s end the following',
    async code => {
      world = await NeedingWorld.start()
      world.need(1)
      ;(await world.supplyAt(0)).stream.fail(new ConcurError(code, 'its disk'))
      await world.untilEnded()
      expect(world.ended).toMatchObject([{ code, message: 'its disk' }])
      await until(() => world.replica.followed.failure !== null, 'CANCEL')
      await world.untilClosed()
    },
  )

  test('because those who may have them are away end the following', async () => {
    world = await NeedingWorld.start()
    world.open = async () => {
      throw new ConcurError('UNREACHABLE', 'server3 is not connected')
    }
    world.need(1)
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'UNREACHABLE' }])
    expect(world.lost()).toEqual([])
  })
})
