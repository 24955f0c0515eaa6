/** What a coordinator asks of a replica before it orders or follows. */
import type { FilePath } from '../protocol/path.ts'
import { FollowingReplica, send, untilJournaled } from './following.fixture.ts'
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
    expect(answer.only('JOURNAL_IS')).toEqual({ epoch, lastSeq: 2, committedSeq: 1, hash })
    const none = await peer.ask('JOURNAL_AT', { seq: 3 }).ended()
    expect(none.only('JOURNAL_IS').hash).toBeNull()
  })

  test('JOURNAL_AT tells the epoch that was promised, though no record of it is here', async () => {
    const { store } = replica.temporary
    await settle(store, mkdir('a'))
    const promised = { ...epoch, number: 7 }
    store.setPromised(promised)
    const answer = await (await replica.link()).peer.ask('JOURNAL_AT', { seq: 0 }).ended()
    expect(answer.only('JOURNAL_IS')).toEqual({ epoch: promised, lastSeq: 1, committedSeq: 1, hash: null })
  })

  test('REPLAY tells every record behind a seq, with its bytes', async () => {
    const { store } = replica.temporary
    await settle(store, mkdir('a'), put('b', 'two'), put('c', 'three'))
    const answer = await (await replica.link()).peer.ask('REPLAY', { afterSeq: 1 }).ended()
    const told = answer.all('RECORDS').flatMap(({ entries }) => entries)
    const own = store.journal.readAfter(1, 1e6).map(({ bytes, body }) => ({ record: bytes, body }))
    expect(told).toEqual(own)
  })

  test('SURVEY tells what the disk holds, and where it would lie', async () => {
    await settle(replica.temporary.store, put('f/a', 'one'))
    const paths = ['f/a', 'g/b'] as FilePath[]
    const { places } = (await (await replica.link()).peer.ask('SURVEY', { paths }).ended()).only('SURVEYED')
    expect(places[0]).toMatchObject({ copy: { is: 'file', size: 3 }, parent: 'folder' })
    expect(places[1]).toEqual({ copy: { is: 'absent' }, parent: 'absent', isEmpty: false })
  })

  test('LOOK waits for the record that it names, and tells the last one of the path', async () => {
    const { store } = replica.temporary
    const served = await replica.link()
    const answer = replica.follow(served)
    send(answer, replica.entries(put('a', 'one')))
    await untilJournaled(answer, 1)
    const look = served.peer.ask('LOOK', { path: at('a'), deep: false, settledSeq: 1 })
    expect(look.messages).toEqual([])
    store.settler.commit(1)
    expect((await look.ended()).only('COPY')).toMatchObject({
      pathSeq: 1,
      journaled: digest('one'),
      copy: { is: 'file' },
    })
  })
})
