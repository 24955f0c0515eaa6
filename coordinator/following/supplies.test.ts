/** Bytes that a replica lacks, against a replica that a test plays. */
import { turns } from '../../fixtures/fake-time.ts'
import { content, NeedingWorld } from '../../fixtures/needing-world.ts'
import { ScriptedBody } from '../../fixtures/scripted-journal.ts'
import { until } from '../../fixtures/until.ts'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes, streamCreditBytes } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import { writeDeletedEntries } from '../../protocol/record.ts'

const blockOf = (index: number) => content.subarray(index * blockBytes, (index + 1) * blockBytes)

let world: NeedingWorld

afterEach(() => world.served.close())

describe('bytes that a replica needs', () => {
  test('come with their digests, and then the blocks that it wants', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    const supply = await world.supplyAt(0)
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
    expect(world.bodies[0]!.blocksRead).toBe(2)
    supply.stream.send('WANTED', { blocks: [] }, true)
    await world.untilClosed()
    await until(() => world.served.peer.connection.streamCount === 1, 'the end of the stream')
    expect([world.lost(), world.ended]).toEqual([[], []])
  })

  test('come whole, the last and shorter block too', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    expect((await world.takeAll(0)).equals(content)).toBe(true)
  })

  test('of which it wants none end with an empty CHUNK, and nothing is read', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [] })
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.all('CHUNK')).toEqual([Buffer.alloc(0)])
    expect(world.bodies[0]!.blocksRead).toBe(0)
  })

  test('of an empty file have no digests', async () => {
    world = await NeedingWorld.start({ bytes: Buffer.alloc(0) })
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [] })
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.messages.map(({ opcode }) => opcode)).toEqual(['CHUNK'])
  })

  test('of a delete are its list, under the digest of that list', async () => {
    const list = writeDeletedEntries([{ path: parsePath('folder/a'), what: 'file', seen: [] }])
    world = await NeedingWorld.start()
    const path = parsePath('folder')
    const body = { bytes: list.length, stage: null }
    world.journal.append({ change: { type: 'delete', path, what: 'folder', base: null, seen: [], body } })
    world.follower.recordsAppended()
    world.opens(() => new ScriptedBody(list))
    world.need(2)
    const supply = await world.supplyAt(0)
    expect(supply.body).toEqual({ seq: 2, size: list.length, digest: digestOf(list).digest })
    expect((await world.takeAll(0, 1)).equals(list)).toBe(true)
  })

  test('are read no faster than it takes them', async () => {
    world = await NeedingWorld.start()
    world.replica.givesCredit = false
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    await until(() => supply.bytes('CHUNK').length > streamCreditBytes / 2, 'chunks')
    await turns(50)
    expect(world.bodies[0]!.blocksRead).toBeLessThanOrEqual(2)
    expect(supply.isFinished).toBe(false)
    world.replica.givesCredit = true
    supply.stream.consumed(supply.bytes('CHUNK').length + supply.bytes('DIGESTS').length)
    await until(() => supply.isFinished, 'the last CHUNK')
    expect(supply.bytes('CHUNK').equals(content)).toBe(true)
  })

  test('are supplied for four records at a time, and for the others in turn', async () => {
    world = await NeedingWorld.start({ count: 6 })
    for (let seq = 1; seq <= 6; seq++) world.need(seq)
    await world.supplyAt(3)
    await turns(20)
    expect(world.replica.supplies.map(({ body }) => body.seq)).toEqual([1, 2, 3, 4])
    await world.takeAll(1)
    await world.takeAll(4)
    await world.takeAll(5)
    expect(world.replica.supplies.map(({ body }) => body.seq)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('are supplied once to one that says so twice meanwhile', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    world.need(1)
    await world.takeAll(0)
    await world.untilClosed()
    await turns(20)
    expect(world.replica.supplies).toHaveLength(1)
  })

  test('are supplied to one that says between its answers that it is at work', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    const { stream } = await world.supplyAt(0)
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    expect((await world.takeAll(0)).equals(content)).toBe(true)
    await world.untilClosed()
    expect(world.ended).toEqual([])
  })

  test('are supplied again to one that says so again later', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    await world.takeAll(0)
    await until(() => world.served.peer.connection.streamCount === 1, 'the end of the stream')
    await turns(20)
    world.need(1)
    expect((await world.takeAll(1)).equals(content)).toBe(true)
  })
})

describe('a replica that breaks the rules ends its link', () => {
  const untilCut = async () => {
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'BAD_FRAME' }])
    expect(world.served.peer.connection.isOpen).toBe(false)
    await world.untilClosed()
  }

  test('with NEED of a record that it was not sent', async () => {
    world = await NeedingWorld.start()
    world.need(2)
    await untilCut()
  })

  test('with WANTED of blocks that the file has not', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    ;(await world.supplyAt(0)).stream.send('WANTED', { blocks: [{ first: 5, count: 1 }] })
    await untilCut()
  })

  test('with an end before it has said what it wants', async () => {
    world = await NeedingWorld.start()
    world.need(1)
    ;(await world.supplyAt(0)).stream.send('WANTED', { blocks: [] }, true)
    await untilCut()
  })
})

describe('the end of the link', () => {
  test('closes what is open, and opens nothing more', async () => {
    world = await NeedingWorld.start({ count: 6 })
    for (let seq = 1; seq <= 6; seq++) world.need(seq)
    await world.supplyAt(3)
    world.served.acceptor.close('UNREACHABLE', 'the server stops')
    await world.untilEnded()
    await world.untilClosed()
    await turns(20)
    expect(world.bodies).toHaveLength(4)
    expect(world.ended).toHaveLength(1)
  })

  test('closes what is opened only after it', async () => {
    world = await NeedingWorld.start()
    let give = (_: ScriptedBody) => {}
    world.open = () => new Promise(resolve => (give = resolve))
    const body = new ScriptedBody(content)
    world.need(1)
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
    world = await NeedingWorld.start()
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 5 }] })
    world.follower.stop()
    await until(() => supply.failure !== null, 'CANCEL')
    await world.untilClosed()
    expect([world.lost(), world.ended]).toEqual([[], []])
  })

  test('does not wait for a read that goes on', async () => {
    world = await NeedingWorld.start()
    const body = new ScriptedBody(content)
    const reading = new Promise<void>(resolve => {
      body.pieces = async function* () {
        resolve()
        yield await new Promise<Buffer>(() => {})
      }
    })
    world.opens(() => body)
    world.need(1)
    const supply = await world.supplyAt(0)
    supply.stream.send('WANTED', { blocks: [{ first: 0, count: 1 }] })
    await reading
    world.follower.stop()
    expect(body.isClosed).toBe(true)
  })
})
