/** Bytes that a replica lacks, against a replica that a test plays. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { until } from '../../fixtures/until.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import { blockBytes, streamCreditBytes } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import { writeDeletedEntries } from '../../protocol/record.ts'
import { FollowedWorld, putOf, ScriptedBody, ScriptedJournal } from './following.fixture.ts'

const content = Buffer.alloc(4 * blockBytes + 1000)
for (let at = 0; at < content.length; at++) content[at] = (at * 7 + (at >> 13)) & 0xff
const blockOf = (index: number) => content.subarray(index * blockBytes, (index + 1) * blockBytes)

let world: FollowedWorld
let bodies: ScriptedBody[]

afterEach(() => world.served.close())

/** A replica that has `count` puts of `bytes` without their bytes. */
async function following({ count = 1, bytes = content } = {}): Promise<void> {
  const own = new ScriptedJournal()
  for (let i = 1; i <= count; i++) own.append({ change: putOf(`file ${i}`, bytes, false) })
  world = new FollowedWorld({ own: own.entries, replica: own.entries })
  bodies = []
  opens(() => new ScriptedBody(bytes))
  await world.start(new FakeTime())
  await world.untilFollowing()
}

/** @param make - what is opened each time, counted from 0. */
function opens(make: (time: number) => ScriptedBody): void {
  world.open = async () => {
    const body = make(bodies.length)
    bodies.push(body)
    return body
  }
}

const need = (seq: number) => world.replica.followed.stream.send('NEED', { seq })
const supplyAt = async (at: number) => {
  await until(() => world.replica.supplies.length > at, `SUPPLY ${at}`)
  return world.replica.supplies[at]!
}
const lost = () => world.replica.followed.all('LOST')
const untilLost = () => until(() => lost().length > 0, 'LOST')
const untilClosed = () => until(() => bodies.every(body => body.isClosed), 'closed bodies')

async function takeAll(at: number, blocks = 5): Promise<Buffer> {
  const supply = await supplyAt(at)
  supply.stream.send('WANTED', { blocks: [{ first: 0, count: blocks }] })
  await until(() => supply.isFinished, 'the last CHUNK')
  supply.stream.send('WANTED', { blocks: [] }, true)
  return supply.bytes('CHUNK')
}

describe('bytes that a replica needs', () => {
  test('come with their digests, and then the blocks that it wants', async () => {
    await following()
    need(1)
    const supply = await supplyAt(0)
    const { digest, blockDigests } = digestOf(content)
    await until(() => supply.bytes('DIGESTS').length === blockDigests.length, 'DIGESTS')
    expect(supply.body).toEqual({ seq: 1, size: content.length, digest })
    expect(supply.bytes('DIGESTS').equals(blockDigests)).toBe(true)
    await turns(10)
    expect(supply.all('CHUNK')).toEqual([])
    const ranges = [
      { first: 1, count: 1 },
      { first: 3, count: 1 },
    ]
    supply.stream.send('WANTED', { blocks: ranges })
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.bytes('CHUNK').equals(Buffer.concat([blockOf(1), blockOf(3)]))).toBe(true)
    expect(bodies[0]!.blocksRead).toBe(4)
    supply.stream.send('WANTED', { blocks: [] }, true)
    await untilClosed()
    await until(() => world.served.peer.connection.streamCount === 1, 'the end of the stream')
    expect([lost(), world.ended]).toEqual([[], []])
  })

  test('come whole, the last and shorter block too', async () => {
    await following()
    need(1)
    expect((await takeAll(0)).equals(content)).toBe(true)
  })

  test('of which it wants none end with an empty CHUNK, and nothing is read', async () => {
    await following()
    need(1)
    const supply = await supplyAt(0)
    supply.stream.send('WANTED', { blocks: [] })
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.all('CHUNK')).toEqual([Buffer.alloc(0)])
    expect(bodies[0]!.blocksRead).toBe(0)
  })

  test('of an empty file have no digests', async () => {
    await following({ bytes: Buffer.alloc(0) })
    need(1)
    const supply = await supplyAt(0)
    supply.stream.send('WANTED', { blocks: [] })
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.messages.map(({ opcode }) => opcode)).toEqual(['CHUNK'])
  })

  test('of a delete are its list, under the digest of that list', async () => {
    const list = writeDeletedEntries([{ path: parsePath('folder/a'), what: 'file', seen: [] }])
    await following()
    const path = parsePath('folder')
    const body = { bytes: list.length, stage: null }
    world.journal.append({ change: { type: 'delete', path, what: 'folder', base: null, seen: [], body } })
    world.follower.recordsAppended()
    opens(() => new ScriptedBody(list))
    need(2)
    const supply = await supplyAt(0)
    expect(supply.body).toEqual({ seq: 2, size: list.length, digest: digestOf(list).digest })
    expect((await takeAll(0, 1)).equals(list)).toBe(true)
  })

  test('are read no faster than it takes them', async () => {
    await following()
    world.replica.givesCredit = false
    need(1)
    const supply = await supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    await until(() => supply.bytes('CHUNK').length > streamCreditBytes / 2, 'chunks')
    await turns(50)
    expect(bodies[0]!.blocksRead).toBeLessThanOrEqual(2)
    expect(supply.isFinished).toBe(false)
    world.replica.givesCredit = true
    supply.stream.consumed(supply.bytes('CHUNK').length + supply.bytes('DIGESTS').length)
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.bytes('CHUNK').equals(content)).toBe(true)
  })

  test('are supplied for four records at a time, and for the others in turn', async () => {
    await following({ count: 6 })
    for (let seq = 1; seq <= 6; seq++) need(seq)
    await supplyAt(3)
    await turns(20)
    expect(world.replica.supplies.map(({ body }) => body.seq)).toEqual([1, 2, 3, 4])
    await takeAll(1)
    await takeAll(4)
    await takeAll(5)
    expect(world.replica.supplies.map(({ body }) => body.seq)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('are supplied once to one that says so twice meanwhile', async () => {
    await following()
    need(1)
    need(1)
    await takeAll(0)
    await untilClosed()
    await turns(20)
    expect(world.replica.supplies).toHaveLength(1)
  })
})

describe('bytes that cannot be supplied', () => {
  test('because nobody has them are LOST, and nothing else ends', async () => {
    await following({ count: 2 })
    world.open = async () => {
      throw new ConcurError('NOT_FOUND', 'nobody has it')
    }
    need(2)
    await untilLost()
    expect(lost()).toEqual([{ seq: 2, reason: 'never got the bytes of record 2, which nobody has any more' }])
    expect(world.ended).toEqual([])
  })

  test('because the file moves are looked for once more', async () => {
    await following()
    const moved = { atBlock: 2, error: new ConcurError('CHANGED', 'file 1 changed while it was read') }
    opens(time => new ScriptedBody(content, time === 0 ? moved : null))
    need(1)
    const first = await supplyAt(0)
    first.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    await until(() => first.failure !== null, 'CANCEL')
    expect((await takeAll(1)).equals(content)).toBe(true)
    await untilClosed()
    expect(lost()).toEqual([])
  })

  test('because the file moves again are LOST, with the reason', async () => {
    await following()
    world.open = async () => {
      throw new ConcurError('CHANGED', 'file 1 changed while it was read')
    }
    need(1)
    await untilLost()
    expect(lost()).toEqual([
      { seq: 1, reason: 'never got the bytes of record 1: file 1 changed while it was read' },
    ])
  })

  test('because a block is not what it was are tried twice, and then LOST', async () => {
    await following()
    need(1)
    for (const at of [0, 1]) {
      const { stream } = await supplyAt(at)
      stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
      stream.fail(new ConcurError('BAD_DIGEST', 'block 0 is another'))
    }
    await untilLost()
    expect(world.replica.supplies).toHaveLength(2)
    expect(lost()).toEqual([{ seq: 1, reason: 'never got the bytes of record 1: block 0 is another' }])
    expect(bodies.map(({ isClosed }) => isClosed)).toEqual([true, true])
  })

  test('because they are not needed any more are let go', async () => {
    await following()
    need(1)
    ;(await supplyAt(0)).stream.fail(new ConcurError('NOT_FOUND', 'nothing of record 1 is needed'))
    await untilClosed()
    await turns(20)
    expect([lost(), world.ended, world.replica.supplies.length]).toEqual([[], [], 1])
  })

  test.each<ErrorCode>(['NO_SPACE', 'IO_ERROR'])(
    'because the replica says %s end the following',
    async code => {
      await following()
      need(1)
      ;(await supplyAt(0)).stream.fail(new ConcurError(code, 'its disk'))
      await world.untilEnded()
      expect(world.ended).toMatchObject([{ code, message: 'its disk' }])
      await until(() => world.replica.followed.failure !== null, 'CANCEL')
      await untilClosed()
    },
  )

  test('because those who may have them are away end the following', async () => {
    await following()
    world.open = async () => {
      throw new ConcurError('UNREACHABLE', 'server3 is not connected')
    }
    need(1)
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'UNREACHABLE' }])
    expect(lost()).toEqual([])
  })
})

describe('a replica that breaks the rules ends its link', () => {
  const untilCut = async () => {
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'BAD_FRAME' }])
    expect(world.served.peer.connection.isOpen).toBe(false)
    await untilClosed()
  }

  test('with NEED of a record that it was not sent', async () => {
    await following()
    need(2)
    await untilCut()
  })

  test('with WANTED of blocks that the file has not', async () => {
    await following()
    need(1)
    ;(await supplyAt(0)).stream.send('WANTED', { blocks: [{ first: 5, count: 1 }] })
    await untilCut()
  })

  test('with an end before it has said what it wants', async () => {
    await following()
    need(1)
    ;(await supplyAt(0)).stream.send('WANTED', { blocks: [] }, true)
    await untilCut()
  })
})

describe('the end of the link', () => {
  test('closes what is open, and opens nothing more', async () => {
    await following({ count: 6 })
    for (let seq = 1; seq <= 6; seq++) need(seq)
    await supplyAt(3)
    world.served.acceptor.close('UNREACHABLE', 'the server stops')
    await world.untilEnded()
    await untilClosed()
    await turns(20)
    expect(bodies).toHaveLength(4)
    expect(world.ended).toHaveLength(1)
  })

  test('closes what is opened only after it', async () => {
    await following()
    let give = (_: ScriptedBody) => {}
    world.open = () => new Promise(resolve => (give = resolve))
    const body = new ScriptedBody(content)
    need(1)
    const isAsked = new Promise<void>(resolve => {
      const { open } = world
      world.open = entry => {
        resolve()
        return open(entry)
      }
    })
    await isAsked
    world.follower.stop()
    give(body)
    await until(() => body.isClosed, 'the closed body')
    expect(world.replica.supplies).toEqual([])
  })

  test('by stop calls off what is under way', async () => {
    await following()
    need(1)
    const supply = await supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    world.follower.stop()
    await until(() => supply.failure !== null, 'CANCEL')
    await untilClosed()
    expect([lost(), world.ended]).toEqual([[], []])
  })
})
