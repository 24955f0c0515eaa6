/** What is not asked for: blocks that came before something broke off. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { until } from '../fixtures/until.ts'
import { tell, told } from './followed-peer.fixture.ts'
import { contentOf, NeedingReplica } from './needing.fixture.ts'
import { put, stageId } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'
import type { Supplying } from './supplying.fixture.ts'

const MiB = 1024 * 1024

let world: NeedingReplica

beforeEach(async () => {
  world = await NeedingReplica.open()
})

afterEach(() => world.remove())

describe('a supply that breaks off', () => {
  const content = contentOf('abcdefgh.')

  /** Three blocks have come, and a half. @returns the record's seq. */
  async function brokenOff(how: (supplied: Supplying) => Promise<void> | void): Promise<number> {
    const seq = await world.neededOver(null, content)
    const supplied = world.supply(seq, content)
    supplied.sendDigests()
    await supplied.wanted()
    supplied.sendBlocks([0, 1, 2], { fin: false })
    void supplied.answer.stream.sendPiece('CHUNK', content.subarray(3 * MiB, 3.5 * MiB))
    await until(
      () => world.staging().length === 1 && readFileSync(world.stagedFile()).length === 3 * MiB,
      'three blocks',
    )
    await how(supplied)
    return seq
  }

  async function followedAgain(seq: number): Promise<void> {
    await world.follow({ afterSeq: seq, committedSeq: seq })
    await world.untilNeeded(seq)
  }

  const restarted = (): Promise<void> => world.restart()

  test('by the loss of the link goes on with what is missing', async () => {
    const seq = await brokenOff(() => world.replica.relink())
    await followedAgain(seq)
    expect(await world.supply(seq, content).all()).toEqual([3, 4, 5, 6, 7])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
    expect(world.staging()).toEqual([])
  })

  test('by CANCEL goes on with what is missing', async () => {
    const seq = await brokenOff(async ({ answer: { stream } }) => stream.cancel())
    await until(() => world.replica.following.needs.of(seq)!.onOver === null, 'the end of the supply')
    expect(await world.supply(seq, content).all()).toEqual([3, 4, 5, 6, 7])
    await told(world.answer, { settledSeq: seq })
  })

  test('by the end of the process goes on with what is missing', async () => {
    const seq = await brokenOff(restarted)
    await followedAgain(seq)
    expect(await world.supply(seq, content).all()).toEqual([3, 4, 5, 6, 7])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
    expect(world.staging()).toEqual([])
  })

  test('is asked for nothing when all of it had come, and the process ended before it was used', async () => {
    const seq = await world.neededOver(null, content)
    const { disk } = world.replica
    disk.moveNew = () => {
      throw new DiskError('EIO', 'rename')
    }
    await world.supply(seq, content).all()
    await world.answer.ended()
    Reflect.deleteProperty(disk, 'moveNew')
    await restarted()
    await followedAgain(seq)
    expect(await world.supply(seq, content).all()).toEqual([])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('is asked again for a block in which a bit has flipped meanwhile', async () => {
    const seq = await brokenOff(restarted)
    const bytes = readFileSync(world.stagedFile())
    bytes[MiB + 77]! ^= 4
    writeFileSync(world.stagedFile(), bytes)
    await followedAgain(seq)
    expect(await world.supply(seq, content).all()).toEqual([1, 3, 4, 5, 6, 7])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('is asked again for all of what was made longer, cut, or cannot be read', async () => {
    const seq = await brokenOff(restarted)
    writeFileSync(world.stagedFile(), Buffer.concat([content, Buffer.alloc(5 * MiB)]))
    await followedAgain(seq)
    let supplied = world.supply(seq, content)
    supplied.sendDigests()
    expect(await supplied.wanted()).toEqual([])
    supplied.answer.stream.cancel()
    await until(() => world.replica.following.needs.of(seq)!.onOver === null, 'the end of the supply')
    writeFileSync(world.stagedFile(), content.subarray(0, MiB + 5))
    supplied = world.supply(seq, content)
    supplied.sendDigests()
    expect(await supplied.wanted()).toEqual([1, 2, 3, 4, 5, 6, 7])
    supplied.answer.stream.cancel()
    await until(() => world.replica.following.needs.of(seq)!.onOver === null, 'the end of the supply')
    world.replica.hasher.before = () => Promise.reject(new DiskError('EIO', 'read'))
    supplied = world.supply(seq, content)
    supplied.sendDigests()
    expect(await supplied.wanted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    world.replica.hasher.before = () => {}
    supplied.sendBlocks([0, 1, 2, 3, 4, 5, 6, 7])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('leaves nothing of what is lost after all', async () => {
    const seq = await brokenOff(() => world.replica.relink())
    await followedAgain(seq)
    expect(world.staging()).toHaveLength(1)
    world.answer.stream.send('LOST', { seq, reason: 'nobody has it' })
    await told(world.answer, { settledSeq: seq })
    expect(world.staging()).toEqual([])
  })

  test('leaves nothing of what a later record replaces before it is needed again', async () => {
    const seq = await brokenOff(restarted)
    expect(world.staging()).toHaveLength(1)
    await world.follow({ afterSeq: seq })
    await world.settled(put('a', 'small'))
    expect(world.answer.all('NEED')).toEqual([])
    expect(world.holds('a', Buffer.from('small'))).toBe(true)
    expect(world.staging()).toEqual([])
  })

  test('gives its space where a journal has none', async () => {
    const seq = await brokenOff(() => world.replica.relink())
    const { disk } = world.replica
    const { writeSoon } = disk
    disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    await world.follow({ afterSeq: seq, committedSeq: seq })
    tell(world.answer, world.coordinator.order([put('b', 'later')]))
    expect((await world.answer.ended()).error?.code).toBe('NO_SPACE')
    disk.writeSoon = writeSoon
    expect(world.staging()).toEqual([])
  })

  test('gives its space where bytes that go ahead of a record have none', async () => {
    await brokenOff(() => world.replica.relink())
    const { disk, store } = world.replica
    const { write } = disk
    const name = world.staging()[0]!
    disk.write = (...what) => {
      if (world.staging().includes(name)) throw new DiskError('ENOSPC', 'write')
      write.apply(disk, what)
    }
    const stage = store.stages.open(stageId(5))
    stage.write(Buffer.from('bytes'))
    expect(stage.bytesWritten).toBe(5)
    await stage.seal()
    expect(world.staging()).toEqual([stageId(5)])
  })

  test('is kept for its record alone: a file under another name is swept', async () => {
    await brokenOff(async () => {
      const name = world.staging()[0]!
      renameSync(
        world.inRoot(`.concur/staging/${name}`),
        world.inRoot(`.concur/staging/${name.slice(0, -1)}0`),
      )
      await restarted()
    })
    expect(world.staging()).toEqual([])
  })
})
