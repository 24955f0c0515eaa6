/** What a coordinator asks of a replica before it orders or follows. */

import { turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import type { Served } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { RecordHash } from '../protocol/ids.ts'
import type { FilePath } from '../protocol/path.ts'
import { FollowingReplica } from './following.fixture.ts'
import { at, digest, epoch, journalOnly, mkdir, put, settle } from './store/changes.fixture.ts'

let replica: FollowingReplica

beforeEach(async () => {
  replica = await FollowingReplica.open()
})

afterEach(() => replica.close())

describe('questions about the journal', () => {
  test('JOURNAL_AT tells the position, and the hash of a record', async () => {
    const { store } = replica.temporary
    await settle(store, mkdir('a'))
    await journalOnly(store, mkdir('b'))
    const { peer } = await replica.link()
    const answer = await peer.ask('JOURNAL_AT', { seq: 2 }).ended()
    const { hash } = store.journal.last
    expect(answer.only('JOURNAL_IS')).toEqual({
      ...{ epoch, beginSeq: 0, settledSeq: 1, lastSeq: 2, committedSeq: 1, hash },
    })
    const none = await peer.ask('JOURNAL_AT', { seq: 3 }).ended()
    expect(none.only('JOURNAL_IS').hash).toBeNull()
  })

  test('JOURNAL_AT tells the epoch that was promised, though no record of it is here', async () => {
    const { store } = replica.temporary
    await settle(store, mkdir('a'))
    const promised = { ...epoch, number: 7 }
    store.setPromised(promised)
    const answer = await (await replica.link()).peer.ask('JOURNAL_AT', { seq: 0 }).ended()
    expect(answer.only('JOURNAL_IS')).toEqual({
      epoch: promised,
      beginSeq: 0,
      settledSeq: 1,
      lastSeq: 1,
      committedSeq: 1,
      hash: null,
    })
  })

  test('REPLAY tells every record behind a seq, with its bytes', async () => {
    const { store } = replica.temporary
    await settle(store, mkdir('a'), put('b', 'two'), put('c', 'three'))
    const answer = await (await replica.link()).peer.ask('REPLAY', { afterSeq: 1 }).ended()
    const told = answer.all('RECORDS').flatMap(({ entries }) => entries)
    const own = store.journal.readAfter(1, 1e6).map(({ bytes, body }) => ({ record: bytes, body }))
    expect(told).toEqual(own)
  })

  test('of a journal that begins later JOURNAL_AT tells where, and REPLAY nothing before', async () => {
    const { store } = replica.temporary
    const begin = { seq: 9, hash: 'b'.repeat(64) as RecordHash, epoch, committedSeq: 9 }
    await store.journal.beginAt(begin)
    const { peer } = await replica.link()
    const at = await peer.ask('JOURNAL_AT', { seq: 9 }).ended()
    expect(at.only('JOURNAL_IS')).toMatchObject({ beginSeq: 9, lastSeq: 9, hash: begin.hash })
    const before = await peer.ask('JOURNAL_AT', { seq: 8 }).ended()
    expect(before.only('JOURNAL_IS').hash).toBeNull()
    const replayed = peer.ask('REPLAY', { afterSeq: 8 })
    await replayed.until(() => replayed.error !== null, 'the refusal')
    expect(replayed.error).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('SURVEY tells what the disk holds, and where it would lie', async () => {
    await settle(replica.temporary.store, put('f/a', 'one'))
    const paths = ['f/a', 'g/b'] as FilePath[]
    const { places } = (await (await replica.link()).peer.ask('SURVEY', { paths }).ended()).only('SURVEYED')
    expect(places[0]).toMatchObject({ copy: { is: 'file', size: 3 }, parent: 'folder' })
    expect(places[1]).toEqual({ copy: { is: 'absent' }, parent: 'absent', isEmpty: false })
  })
})

/** A LOOK for a record that is journaled and not settled. */
describe('a LOOK that waits for a record', () => {
  let served: Served
  let look: Answer
  /** Who is told what is settled, beside the replica itself. */
  let listeners: number

  beforeEach(async () => {
    const { settler } = replica.temporary.store
    await journalOnly(replica.temporary.store, put('a', 'one'))
    const listen = settler.listen.bind(settler)
    listeners = 0
    settler.listen = listener => {
      listeners++
      const stop = listen(listener)
      return () => {
        listeners--
        stop()
      }
    }
    served = await replica.link()
    look = served.peer.ask('LOOK', { path: at('a'), deep: false, settledSeq: 1 })
    await until(() => listeners === 1, 'the LOOK to wait')
  })

  test('answers when it is settled, and tells the last one of the path', async () => {
    await turns(50)
    expect(look.messages).toEqual([])
    replica.temporary.store.settler.commit(1)
    expect((await look.ended()).only('COPY')).toMatchObject({
      pathSeq: 1,
      journaled: digest('one'),
      copy: { is: 'file' },
    })
    expect(listeners).toBe(0)
  })

  test.each([
    ['is cancelled', () => look.stream.cancel()],
    ['has lost its link', () => served.close()],
  ])('waits no more when it %s, however long the record is not settled', async (_, end) => {
    end()
    await until(() => listeners === 0, 'the LOOK to end')
    replica.temporary.store.settler.commit(1)
    await replica.temporary.store.settler.settled(1)
    await turns(50)
    expect(look.messages).toEqual([])
    expect(served.acceptor.streamCount).toBe(0)
  })
})
