/** Bytes that a record lacked, as they come: each block is held against its digest, and nothing half is used. */
import type { Answer } from '../fixtures/raw-peer.ts'
import { digestOf } from '../protocol/digest.ts'
import { Followed } from './followed.fixture.ts'
import { append, digest, historyOf, put, rename, stageId } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

const MiB = 1024 * 1024

let followed: Followed

beforeEach(async () => {
  followed = await Followed.open()
})

afterEach(() => followed.close())

/** The replica needs the last of these records. */
async function needed(...ordered: ReturnType<typeof put>[]): Promise<number> {
  followed.tellBare(...ordered)
  const { seq } = followed.coordinator.last
  followed.commit(seq)
  await followed.untilNeeded(seq)
  return seq
}

const supply = (seq: number, content: Buffer, said: { size?: number; digest?: string } = {}): Answer => {
  const request = { seq, size: content.length, digest: digest(content), ...said } as { seq: number }
  return followed.replica.served.peer.ask('SUPPLY', request as never, { more: true })
}

/** All of it, in pieces of `pieceBytes`. */
function send(supplied: Answer, content: Buffer, { pieceBytes = 100_000 } = {}): void {
  const { blockDigests } = digestOf(content)
  if (blockDigests.length > 0) void supplied.stream.sendPiece('DIGESTS', blockDigests)
  if (content.length === 0) void supplied.stream.sendPiece('CHUNK', content, true)
  for (let at = 0; at < content.length; at += pieceBytes)
    void supplied.stream.sendPiece(
      'CHUNK',
      content.subarray(at, at + pieceBytes),
      at + pieceBytes >= content.length,
    )
}

test.each([1, MiB, 2 * MiB + 1])(
  '%d bytes that come are installed, and nothing of them is left over',
  async size => {
    const content = Buffer.alloc(size, 'abc')
    const seq = await needed(put('a', content, { stage: stageId(1) }))
    const supplied = supply(seq, content)
    send(supplied, content)
    await supplied.ended()
    expect(supplied.error).toBeNull()
    expect(supplied.all('WANTED')).toEqual([
      { blocks: [{ first: 0, count: Math.ceil(size / MiB) }] },
      { blocks: [] },
    ])
    await followed.told({ settledSeq: seq })
    expect(followed.tree).toEqual({ a: content.toString() })
    expect(followed.staged).toEqual({})
    expect(followed.needs).toHaveLength(1)
  },
)

test('an append is supplied as the whole file that it makes', async () => {
  followed.tell(put('a', 'one'))
  followed.commit(1)
  await followed.told({ settledSeq: 1 })
  const seq = await needed(append('a', 'one', ' two'))
  const content = Buffer.from('one two')
  send(supply(seq, content), content)
  await followed.told({ settledSeq: seq })
  expect(followed.tree).toEqual({ a: 'one two' })
})

test('of an empty file no block is wanted, and one that is not empty is refused as such', async () => {
  const seq = await needed(rename('b', 'c', { base: '' }))
  const nothing = Buffer.alloc(0)
  expect((await supply(seq, nothing, { digest: digest('x') }).ended()).error?.code).toBe('BAD_DIGEST')
  expect(followed.staged).toEqual({})
  const supplied = supply(seq, nothing)
  send(supplied, nothing)
  await supplied.ended()
  expect(supplied.all('WANTED')).toEqual([{ blocks: [] }, { blocks: [] }])
  await followed.told({ settledSeq: seq })
  expect(followed.tree).toEqual({ c: '' })
})

test('an install that has to be tried again uses what came, and says NEED no second time', async () => {
  const content = Buffer.from('bytes')
  const seq = await needed(put('a', content))
  const { disk, store } = followed.replica
  const { moveNew } = disk
  let failures = 2
  disk.moveNew = (...where) => {
    if (failures-- > 0) throw new DiskError('ENOSPC', 'rename')
    return moveNew.apply(disk, where)
  }
  send(supply(seq, content), content)
  expect((await followed.answer.ended()).error?.code).toBe('NO_SPACE')
  expect(followed.needs).toHaveLength(1)
  await followed.followAgain({ afterSeq: seq, committedSeq: seq })
  expect(followed.needs).toEqual([])
  await store.settler.settled(seq)
  expect(followed.tree).toEqual({ a: 'bytes' })
  expect(followed.staged).toEqual({})
})

describe('refused is', () => {
  const content = Buffer.alloc(MiB + 5, 'abc')
  const other = Buffer.alloc(MiB + 5, 'xyz')

  test('what nobody needs', async () => {
    expect((await supply(1, content).ended()).error?.code).toBe('NOT_FOUND')
  })

  test('another content than the record’s', async () => {
    const seq = await needed(put('a', content, { stage: stageId(1) }))
    expect((await supply(seq, other).ended()).error?.code).toBe('BAD_DIGEST')
    expect((await supply(seq, content, { size: 7 }).ended()).error?.code).toBe('BAD_DIGEST')
  })

  test.each([
    [
      'block digests that do not make the digest',
      'BAD_DIGEST',
      (to: Answer) => void to.stream.sendPiece('DIGESTS', digestOf(other).blockDigests),
    ],
    [
      'more block digests than the size has blocks',
      'BAD_FRAME',
      (to: Answer) => void to.stream.sendPiece('DIGESTS', Buffer.alloc(96)),
    ],
    [
      'bytes before the digests',
      'BAD_FRAME',
      (to: Answer) => void to.stream.sendPiece('CHUNK', content.subarray(0, 9)),
    ],
    [
      'a block that is not what its digest says',
      'BAD_DIGEST',
      (to: Answer) => {
        void to.stream.sendPiece('DIGESTS', digestOf(content).blockDigests)
        void to.stream.sendPiece('CHUNK', other)
      },
    ],
    [
      'bytes that end too early',
      'BAD_DIGEST',
      (to: Answer) => {
        void to.stream.sendPiece('DIGESTS', digestOf(content).blockDigests)
        void to.stream.sendPiece('CHUNK', content.subarray(0, MiB + 1), true)
      },
    ],
    [
      'more bytes than the size says',
      'BAD_FRAME',
      (to: Answer) => {
        void to.stream.sendPiece('DIGESTS', digestOf(content).blockDigests)
        void to.stream.sendPiece('CHUNK', Buffer.concat([content, content.subarray(0, 1)]))
      },
    ],
  ])('%s; the bytes are still needed then, and nothing is left', async (_, code, act) => {
    const seq = await needed(put('a', content, { stage: stageId(1) }))
    const supplied = supply(seq, content)
    act(supplied)
    expect((await supplied.ended()).error?.code).toBe(code)
    expect(followed.staged).toEqual({})
    send(supply(seq, content), content)
    await followed.told({ settledSeq: seq })
    expect(followed.tree).toEqual({ a: content.toString() })
    expect(historyOf(followed.replica.root)).toEqual({})
  })

  test('what the disk has no room for', async () => {
    const seq = await needed(put('a', content, { stage: stageId(1) }))
    const { write } = followed.replica.disk
    followed.replica.disk.write = () => {
      throw new DiskError('ENOSPC', 'write')
    }
    const supplied = supply(seq, content)
    send(supplied, content)
    expect((await supplied.ended()).error?.code).toBe('NO_SPACE')
    followed.replica.disk.write = write
    expect(followed.staged).toEqual({})
  })
})

test('a link that is lost in the middle leaves nothing, and the next one supplies it again', async () => {
  const content = Buffer.alloc(2 * MiB, 'abc')
  const seq = await needed(put('a', content, { stage: stageId(1) }))
  const supplied = supply(seq, content)
  void supplied.stream.sendPiece('DIGESTS', digestOf(content).blockDigests)
  void supplied.stream.sendPiece('CHUNK', content.subarray(0, MiB + 5))
  await supplied.until(({ messages }) => messages.length === 1, 'WANTED')
  expect(Object.keys(followed.staged)).toHaveLength(1)
  await followed.replica.relink()
  await followed.untilNothingStaged()
  await followed.followAgain({ afterSeq: seq, committedSeq: seq })
  await followed.untilNeeded(seq)
  send(supply(seq, content), content)
  await followed.told({ settledSeq: seq })
  expect(followed.tree).toEqual({ a: content.toString() })
})

test('of two that come for the same record one is used, and the other leaves nothing', async () => {
  const content = Buffer.alloc(MiB, 'abc')
  const seq = await needed(put('a', content, { stage: stageId(1) }))
  let ids = 10
  followed.replica.store.newStageId = () => stageId(ids++)
  const both = [supply(seq, content), supply(seq, content)]
  for (const supplied of both) send(supplied, content)
  for (const supplied of both) await supplied.ended()
  await followed.told({ settledSeq: seq })
  expect(followed.tree).toEqual({ a: content.toString() })
  expect(followed.staged).toEqual({})
})
