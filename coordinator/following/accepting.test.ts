/** A journal that is taken over from a replica that a test plays, into one on a disk in memory. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { entriesIn, memoryWorld, openJournal } from '../../fixtures/journals.ts'
import { putOf, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { ScriptedReplica } from '../../fixtures/scripted-replica.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { streamCreditBytes } from '../../protocol/limits.ts'
import { type JournalEntry, newEntry } from '../../protocol/record.ts'
import { DiskError } from '../../replica/store/disk.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { acceptJournal } from './accepting.ts'

let place: ReturnType<typeof memoryWorld>
let journal: Journal
let replica: ScriptedReplica
let served: Served

beforeEach(async () => {
  filed = []
  place = memoryWorld()
  journal = openJournal(place, { segmentBytes: 1024 * 1024 })
  replica = new ScriptedReplica()
  served = await serve(new FakeTime(), (request, stream) => replica.onRequest(request, stream), {
    role: 'coordinator',
  })
})

afterEach(async () => {
  served.close()
  await journal.close()
  place.remove()
})

/** Forks that were filed: what they had in common. */
let filed: number[]

/** Begins the taking over; `failure` is why it ended. */
function accepting(settledSeq = 0) {
  const { connection } = served.peer
  const state = { records: null as number | null, failure: null as ConcurError | null }
  const fileFork = async (commonSeq: number): Promise<void> => {
    filed.push(commonSeq)
    await journal.truncateAfter(commonSeq)
  }
  acceptJournal({ node: 'server2' as NodeName, connection, journal, settledSeq, fileFork }).then(
    records => {
      state.records = records
    },
    error => {
      state.failure = error
    },
  )
  return {
    state,
    async ended() {
      await until(() => state.records !== null || state.failure !== null, 'the end')
      return state
    },
  }
}

async function replay() {
  await until(() => replica.replays.length > 0, 'REPLAY')
  return replica.replays.at(-1)!
}

function send(entries: readonly JournalEntry[], fin = false): Promise<void> {
  const page = entries.map(({ bytes, body }) => ({ record: bytes, body }))
  return replica.replays.at(-1)!.stream.sendFlow('RECORDS', { entries: page }, fin)
}

const hashes = (entries: readonly JournalEntry[]) => entries.map(({ hash }) => hash)
const own = () => hashes(entriesIn(journal))

test('an empty journal takes every record, bytes included, and says how many', async () => {
  const bytes = Buffer.from('some bytes')
  replica.journal.grow(2).append({ change: putOf('a', bytes), body: bytes })
  const { entries } = replica.journal
  const taking = accepting()
  expect((await replay()).body).toEqual({ afterSeq: 0 })
  await send(entries.slice(0, 1))
  await send(entries.slice(1))
  await send([], true)
  expect(await taking.ended()).toEqual({ records: 3, failure: null })
  expect(own()).toEqual(hashes(entries))
  expect(journal.at(3)!.body).toEqual(bytes)
  expect(journal.durableSeq).toBe(3)
})

test('a journal that the replica goes on from takes what is behind the last record that both have', async () => {
  const { entries } = replica.journal.grow(5)
  await journal.append(entries.slice(0, 3))
  const taking = accepting(3)
  expect((await replay()).body).toEqual({ afterSeq: 3 })
  await send(entries.slice(3), true)
  expect((await taking.ended()).records).toBe(2)
  expect(own()).toEqual(hashes(entries))
})

test('a journal that has the same takes nothing', async () => {
  await journal.append(replica.journal.grow(3).entries)
  const taking = accepting()
  await replay()
  await send([], true)
  expect((await taking.ended()).records).toBe(0)
})

test('records of its own that are not installed give way', async () => {
  const { entries } = replica.journal.grow(4)
  const ours = new ScriptedJournal(entries.slice(0, 2)).grow(3, 'ours').entries
  await journal.append(ours)
  replica.committedSeq = 4
  const taking = accepting(2)
  expect((await replay()).body).toEqual({ afterSeq: 2 })
  await send(entries.slice(2), true)
  expect((await taking.ended()).records).toBe(2)
  expect(own()).toEqual(hashes(entries))
})

test('records of its own that are installed are filed as a fork', async () => {
  const { entries } = replica.journal.grow(4)
  const ours = new ScriptedJournal(entries.slice(0, 2)).grow(3, 'ours').entries
  await journal.append(ours)
  const taking = accepting(3)
  expect((await replay()).body).toEqual({ afterSeq: 2 })
  await send(entries.slice(2), true)
  expect((await taking.ended()).records).toBe(2)
  expect(filed).toEqual([2])
  expect(own()).toEqual(hashes(entries))
})

test('a replica that sends without end is read no faster than the disk takes it', async () => {
  const bytes = Buffer.alloc(60_000, 'x')
  for (let at = 0; at < 60; at++) replica.journal.append({ change: putOf(`f${at}`, bytes), body: bytes })
  let open: () => void = () => {}
  const taking = accepting()
  await replay()
  place.disk.gate = new Promise(resolve => {
    open = resolve
  })
  let left = 0
  for (const [at, entry] of replica.journal.entries.entries())
    void send([entry], at === 59).then(() => {
      left++
    })
  await turns(200)
  expect(left * bytes.length).toBeLessThanOrEqual(streamCreditBytes)
  open()
  expect((await taking.ended()).records).toBe(60)
})

describe('what is sent', () => {
  const [first, second, third] = new ScriptedJournal().grow(3).entries as [
    JournalEntry,
    JournalEntry,
    JournalEntry,
  ]
  const bytes = Buffer.from('some bytes')
  const put = new ScriptedJournal().append({ change: putOf('a', bytes), body: bytes })
  const other = new ScriptedJournal().grow(1, 'other').grow(1).entries[1]!
  const misnumbered = newEntry({ ...second.record, seq: 3 }, null)

  test.each<[string, JournalEntry[], number]>([
    ['with a gap', [first, third], 0],
    ['twice', [first, first], 0],
    ['with another number than it should have', [first, misnumbered], 0],
    ['that follows from another past', [first, other], 0],
    ['that is no record', [first, { ...second, bytes: Buffer.from('no record') }], 0],
    ['with bytes that are not its own', [{ ...put, body: Buffer.from('same bytes') }], 0],
  ])('%s is refused, nothing of its page is taken, and nothing more is wanted', async (_, page, taken) => {
    const taking = accepting()
    await replay()
    await send(page)
    expect((await taking.ended()).failure).toMatchObject({ code: 'BAD_FRAME' })
    expect(journal.last.seq).toBe(taken)
    await until(() => replica.replays[0]!.failure !== null, 'CANCEL')
  })

  test('before a page that is refused stays, and the next start goes on from there', async () => {
    replica.journal.entries = [first, second, third]
    const taking = accepting()
    await replay()
    await send([first, second])
    await send([second])
    expect((await taking.ended()).failure).toMatchObject({ code: 'BAD_FRAME' })
    expect(own()).toEqual(hashes([first, second]))
    const again = accepting()
    await until(() => replica.replays.length === 2, 'REPLAY')
    expect(replica.replays[1]!.body).toEqual({ afterSeq: 2 })
    await send([third], true)
    expect((await again.ended()).records).toBe(1)
  })

  test('to say that it is worked on is no record', async () => {
    const taking = accepting()
    const { stream } = await replay()
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    await send([first], true)
    expect((await taking.ended()).records).toBe(1)
  })

  test('that belongs to no answer ends the connection', async () => {
    const taking = accepting()
    const { stream } = await replay()
    stream.send('SURVEYED', { places: [] }, true)
    expect((await taking.ended()).failure).toMatchObject({ code: 'BAD_FRAME' })
    await until(() => served.peer.closed !== null, 'the end of the connection')
  })
})

test('a replica that is lost in the middle leaves what came, and says who was lost', async () => {
  const { entries } = replica.journal.grow(3)
  const taking = accepting()
  await replay()
  await send(entries.slice(0, 2))
  await until(() => journal.durableSeq === 2, 'the records')
  served.close()
  expect((await taking.ended()).failure).toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/^server2: /),
  })
  expect(own()).toEqual(hashes(entries.slice(0, 2)))
})

test('a replica that refuses says why', async () => {
  const taking = accepting()
  ;(await replay()).stream.fail(new ConcurError('IO_ERROR', 'record 1 is damaged'))
  expect((await taking.ended()).failure).toMatchObject({
    code: 'IO_ERROR',
    message: 'server2: record 1 is damaged',
  })
})

test('a disk that is full takes what it has room for, and nothing more is wanted', async () => {
  const { entries } = replica.journal.grow(3)
  const taking = accepting()
  await replay()
  await send(entries.slice(0, 1))
  await until(() => journal.durableSeq === 1, 'the record')
  place.disk.before = call => {
    if (call === 'write') throw new DiskError('ENOSPC', 'write')
  }
  await send(entries.slice(1))
  expect((await taking.ended()).failure).toMatchObject({ code: 'NO_SPACE' })
  await until(() => replica.replays[0]!.failure !== null, 'CANCEL')
  place.disk.before = () => {}
  expect(own()).toEqual(hashes(entries.slice(0, 1)))
})

test('a replica whose journal begins behind the end of the own one is refused, and nothing is filed or dropped', async () => {
  const { entries } = replica.journal.grow(30)
  await journal.append(entries.slice(0, 5))
  replica.journal.releasedSeq = 20
  const { failure } = await accepting(5).ended()
  expect(failure).toMatchObject({
    code: 'ROLLED_BACK',
    message: expect.stringContaining('start concur-coordinator over the folder of server2'),
  })
  expect([filed, own(), replica.replays]).toEqual([[], hashes(entries.slice(0, 5)), []])
})
