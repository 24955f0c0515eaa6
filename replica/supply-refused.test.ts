/** Supplies that are refused, and what is left of them. */
import { readFileSync } from 'node:fs'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { told } from './followed-peer.fixture.ts'
import { NeedingReplica } from './needing.fixture.ts'
import { historyOf } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'
import type { Supplying } from './supplying.fixture.ts'

const MiB = 1024 * 1024

let world: NeedingReplica

beforeEach(async () => {
  world = await NeedingReplica.open()
})

afterEach(() => world.remove())

describe('refused is', () => {
  const content = Buffer.alloc(MiB + 5, 'abc')
  const other = Buffer.alloc(MiB + 5, 'xyz')

  test('what nobody needs', async () => {
    expect((await world.supply(1, content).answer.ended()).error?.code).toBe('NOT_FOUND')
  })

  test('another content than the record’s', async () => {
    const seq = await world.neededOver(null, content)
    expect((await world.supply(seq, other).answer.ended()).error?.code).toBe('BAD_DIGEST')
    expect((await world.supply(seq, content, { size: 7 }).answer.ended()).error?.code).toBe('BAD_DIGEST')
  })

  test.each<[string, ErrorCode, (to: Supplying) => unknown]>([
    [
      'block digests that do not make the digest',
      'BAD_DIGEST',
      ({ answer: to }) => to.stream.sendPiece('DIGESTS', digestOf(other).blockDigests),
    ],
    [
      'more block digests than the size has blocks',
      'BAD_FRAME',
      ({ answer: to }) => to.stream.sendPiece('DIGESTS', Buffer.alloc(96)),
    ],
    [
      'bytes before the digests',
      'BAD_FRAME',
      ({ answer: to }) => to.stream.sendPiece('CHUNK', content.subarray(0, 9)),
    ],
    [
      'bytes before it was said which are wanted',
      'BAD_FRAME',
      to => {
        to.sendDigests()
        to.sendBlocks([0])
      },
    ],
    [
      'a block that is not what its digest says',
      'BAD_DIGEST',
      async to => {
        to.sendDigests()
        await to.wanted()
        void to.answer.stream.sendPiece('CHUNK', other)
      },
    ],
    [
      'an end before anything came',
      'BAD_DIGEST',
      async to => {
        to.sendDigests()
        await to.wanted()
        to.sendBlocks([])
      },
    ],
  ])('%s; the bytes are still needed then, and nothing is left', async (_, code, act) => {
    const seq = await world.neededOver(null, content)
    const supplied = world.supply(seq, content)
    act(supplied)
    expect((await supplied.answer.ended()).error?.code).toBe(code)
    expect(world.staging()).toEqual([])
    await world.supply(seq, content).all()
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
    expect(historyOf(world.replica.root)).toEqual({})
  })

  test.each<[string, ErrorCode, (to: Supplying) => unknown]>([
    ['bytes that end too early', 'BAD_DIGEST', to => to.sendBlocks([0])],
    ['more bytes than were wanted', 'BAD_FRAME', to => to.sendBlocks([0, 1, 0], { fin: false })],
    [
      'a later block that is not what its digest says',
      'BAD_DIGEST',
      to => {
        to.sendBlocks([0], { fin: false })
        void to.answer.stream.sendPiece('CHUNK', other.subarray(MiB))
      },
    ],
  ])('%s; what had come before and was right is not asked for again', async (_, code, act) => {
    const seq = await world.neededOver(null, content)
    const supplied = world.supply(seq, content)
    supplied.sendDigests()
    expect(await supplied.wanted()).toEqual([0, 1])
    act(supplied)
    expect((await supplied.answer.ended()).error?.code).toBe(code)
    expect(await world.supply(seq, content).all()).not.toContain(0)
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
    expect(world.staging()).toEqual([])
  })

  test('what the disk turns out to have no room for, and nothing of it is left', async () => {
    const seq = await world.neededOver(null, content)
    const { writeSoon } = world.replica.disk
    const supplied = world.supply(seq, content)
    supplied.sendDigests()
    await supplied.wanted()
    supplied.sendBlocks([0], { fin: false })
    await until(() => readFileSync(world.stagedFile()).length === MiB, 'the first block')
    world.replica.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    supplied.sendBlocks([1])
    expect((await supplied.answer.ended()).error?.code).toBe('NO_SPACE')
    world.replica.disk.writeSoon = writeSoon
    expect(world.staging()).toEqual([])
  })

  test('what the disk is known to have no room for, before any block comes', async () => {
    const seq = await world.neededOver(null, content)
    world.replica.disk.freeBytes = () => content.length - 1
    world.replica.disk.totalBytes = () => 0
    const supplied = world.supply(seq, content)
    supplied.sendDigests()
    expect((await supplied.answer.ended()).error?.code).toBe('NO_SPACE')
    expect(supplied.answer.all('WANTED')).toEqual([])
    expect(world.staging()).toEqual([])
  })
})
