/** A replica on a full disk: a real one. */
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { canHaveSmallDisks, SmallDisk } from '../fixtures/small-disk.ts'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import type { NodeName } from '../protocol/ids.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  positionOf,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { type Ordered, ownFiles, put, remove, stageId, treeOf } from './store/changes.fixture.ts'
import { openTemporaryStore } from './store/store.fixture.ts'

const onSmallDisks = canHaveSmallDisks() ? describe : describe.skip
const noSpace = { code: 'NO_SPACE' }
const segmentBytes = 8192

/** A record that needs nothing but its place in the journal. */
const leave: Ordered = {
  change: { type: 'leave', node: 'server3' as NodeName, reason: 'x'.repeat(200), journaledSeq: 0 },
  body: null,
}

onSmallDisks('a replica on a full disk', () => {
  let small: SmallDisk
  let root: string
  let replica: FollowingReplica
  let coordinator: Ordering
  const order = (...ordered: Ordered[]) => coordinator.order(ordered)

  beforeEach(async () => {
    small = await SmallDisk.make({ size: '8m' })
    root = join(small.folder, 'root')
    mkdirSync(root)
    replica = await openFollowing(await openTemporaryStore({ root, segmentBytes }))
    coordinator = new Ordering()
  })

  afterEach(async () => {
    small.empty()
    await replica.remove()
    await small.remove()
  })

  /** Follows from what the replica's journal has. */
  async function follow() {
    const { seq } = replica.store.journal.last
    const answer = replica.follow(coordinator, { afterSeq: seq, committedSeq: seq })
    await accepted(answer)
    return answer
  }

  /** Of the room that was kept nothing is left either. */
  function fill(): void {
    truncateSync(join(root, '.concur/reserve'), 0)
    small.fill()
  }

  test('takes no record that needs room, and ends it with NO_SPACE; takes deletes, and goes on when there is space', async () => {
    const first = await follow()
    tell(first, order(put('a', 'a'), put('b', 'b')))
    commit(first, 2)
    await told(first, { settledSeq: 2 })
    small.fill()
    tell(first, order(put('c', 'c')))
    expect((await first.ended()).error).toMatchObject(noSpace)
    expect(replica.store.journal.last.seq).toBe(2)
    coordinator.entries.pop()
    const second = await follow()
    tell(second, order(remove('a', { base: 'a' })))
    commit(second, 3)
    await told(second, { settledSeq: 3 })
    expect(treeOf(root)).toMatchObject({ b: 'b' })
    tell(second, order(remove('b', { base: 'b' }), put('c', 'c')))
    expect((await second.ended()).error).toMatchObject(noSpace)
    expect(replica.store.journal.last.seq).toBe(3)
    small.empty()
    const third = await follow()
    tell(third, coordinator.entries.slice(3))
    commit(third, 5)
    await told(third, { settledSeq: 5 })
    expect(treeOf(root)).toEqual({ c: 'c' })
  })

  test('whose journal finds no room ends it with NO_SPACE, keeps what is durable, and goes on when there is space', async () => {
    const first = await follow()
    tell(first, order(put('a', 'a')))
    commit(first, 1)
    await told(first, { settledSeq: 1 })
    fill()
    while (first.error === null) {
      const before = positionOf(first)?.journaledSeq ?? 0
      tell(first, order(leave))
      await first.until(
        ({ error }) => error !== null || (positionOf(first)?.journaledSeq ?? 0) > before,
        'the next record, or the end',
      )
    }
    const { journal, fence } = replica.store
    expect(first.error).toMatchObject({ ...noSpace, message: 'no space is left for the journal' })
    expect(journal.last.seq).toBe(coordinator.last.seq - 1)
    expect(positionOf(first)?.journaledSeq).toBe(journal.last.seq)
    expect([journal.failure, fence.reason]).toEqual([null, null])
    expect(readdirSync(join(root, '.concur/journal'))).not.toContain('prepared')
    small.empty()
    const second = await follow()
    tell(second, coordinator.entries.slice(journal.last.seq))
    tell(second, order(put('b', 'b')))
    commit(second, coordinator.last.seq)
    await told(second, { settledSeq: coordinator.last.seq })
    expect(treeOf(root)).toEqual({ a: 'a', b: 'b' })
  })

  test('that cannot finish what is committed ends it with NO_SPACE, and settles it when there is space', async () => {
    const first = await follow()
    tell(first, order(put('a', 'a'.repeat(60_000))))
    await told(first, { journaledSeq: 1 })
    fill()
    commit(first, 1)
    expect((await first.ended()).error).toMatchObject(noSpace)
    expect([treeOf(root), ownFiles(root, 'staging')]).toEqual([{}, {}])
    small.empty()
    const second = await follow()
    await told(second, { settledSeq: 1 })
    expect(treeOf(root)).toEqual({ a: 'a'.repeat(60_000) })
  })

  test('refuses bytes that it has no room for before they come, and takes nothing of what is left', async () => {
    const content = Buffer.alloc(9 * 1024 * 1024)
    const { digest, blockDigests } = digestOf(content)
    const answer = await follow()
    tell(answer, order(put('large', content, { stage: stageId(9) })))
    commit(answer, 1)
    await answer.until(({ messages }) => messages.some(({ opcode }) => opcode === 'NEED'), 'NEED')
    const next = join(root, '.concur/journal/prepared')
    await until(
      () => existsSync(next) && statSync(next).size === segmentBytes,
      'the next segment of the journal',
    )
    const before = small.freeBytes
    const asked = { seq: 1, size: content.length, digest }
    const supply = replica.served.peer.ask('SUPPLY', asked, { more: true })
    void supply.stream.sendPiece('DIGESTS', blockDigests)
    expect((await supply.ended()).error).toMatchObject(noSpace)
    expect([ownFiles(root, 'staging'), small.freeBytes]).toEqual([{}, before])
  })
})
