/** A replica's side of the changes, on the production store, with a raw peer in the role of the coordinator. */
import { writeFileSync } from 'node:fs'
import { jest } from '@jest/globals'
import { FakeTime } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { blockDigest, digestOf } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Incarnation, RecordHash } from '../protocol/ids.ts'
import type { FilePath } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { type Epoch, type JournalEntry, noHash } from '../protocol/record.ts'
import { answerNode, type NodeRequest } from './answer-node.ts'
import { Following } from './following.ts'
import {
  at,
  digest,
  entriesFor,
  epoch,
  journalOnly,
  mkdir,
  put,
  removeFolder,
  settle,
  stageId,
  treeOf,
} from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'
import { openTemporaryStore, type TemporaryStore, timers } from './store/store.fixture.ts'

let temporary: TemporaryStore
let following: Following
let links: Served[]

beforeEach(async () => {
  temporary = await openTemporaryStore()
  following = new Following({ store: temporary.store, timers })
  links = []
})

afterEach(async () => {
  following.close()
  for (const link of links) link.close()
  await temporary.remove()
})

async function link(): Promise<Served> {
  const { store } = temporary
  const time = new FakeTime()
  const reports = new ProgressReports(time)
  const served = await serve(
    time,
    (request, stream) => answerNode(request as NodeRequest, { stream, store, reports, following }),
    { role: 'coordinator' },
  )
  links.push(served)
  return served
}

interface Position {
  epoch?: Epoch
  afterSeq?: number
  afterHash?: RecordHash
  committedSeq?: number
}

function follow({ peer }: Served, position: Position = {}): Answer {
  const { seq, hash } = temporary.store.journal.last
  const from = { epoch, afterSeq: seq, afterHash: hash, committedSeq: 0, ...position }
  return peer.ask('FOLLOW', from, { more: true })
}

const send = (answer: Answer, entries: readonly JournalEntry[]): void => {
  answer.stream.sendFlow('RECORDS', { entries: entries.map(({ bytes, body }) => ({ record: bytes, body })) })
}
const entries = (...ordered: Parameters<typeof entriesFor>[1]): JournalEntry[] =>
  entriesFor(temporary.store, ordered)
const last = (answer: Answer) => answer.all('SETTLED').at(-1)
const untilSettled = (answer: Answer, seq: number) =>
  answer.until(() => last(answer)?.settledSeq === seq, `record ${seq} to be settled`)
const untilJournaled = (answer: Answer, seq: number) =>
  answer.until(() => last(answer)?.journaledSeq === seq, `record ${seq} to be journaled`)
const refused = async (answer: Answer) => (await answer.ended()).error

describe('FOLLOW', () => {
  test('is answered with the position', async () => {
    await settle(temporary.store, put('a', 'one'))
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(answer.all('SETTLED')).toEqual([{ journaledSeq: 1, settledSeq: 1, outcomes: [] }])
  })

  test('records become durable, and are installed when they are committed', async () => {
    const answer = follow(await link())
    send(answer, entries(put('a', 'one'), mkdir('f')))
    await untilJournaled(answer, 2)
    expect(treeOf(temporary.root)).toEqual({})
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(temporary.root)).toEqual({ a: 'one' })
    answer.stream.send('COMMITTED', { seq: 2 })
    await untilSettled(answer, 2)
  })

  test('records of one turn are told in one frame', async () => {
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    for (const entry of entries(mkdir('a'), mkdir('b'), mkdir('c'))) send(answer, [entry])
    await untilJournaled(answer, 3)
    expect(answer.all('SETTLED').length).toBeLessThan(4)
  })

  test('COMMITTED that overtakes its records counts when they are there', async () => {
    const answer = follow(await link(), { committedSeq: 1 })
    send(answer, entries(put('a', 'one')))
    await untilSettled(answer, 1)
  })

  test('a record is not installed before the one that abandons it can be there', async () => {
    const answer = follow(await link(), { committedSeq: 2 })
    const abandoned = { change: { type: 'abandoned', abandonedSeq: 1, reason: 'x' }, body: null } as const
    const [first, second] = entries(put('a', 'one'), abandoned)
    send(answer, [first!])
    await untilJournaled(answer, 1)
    expect(last(answer)!.settledSeq).toBe(0)
    send(answer, [second!])
    await untilSettled(answer, 2)
    expect(treeOf(temporary.root)).toEqual({})
  })

  test('of a lower epoch, or of another coordinator of the same number, is FENCED', async () => {
    const { store } = temporary
    follow(await link(), { epoch: { ...epoch, number: 5 } })
    await until(() => store.promised?.number === 5, 'the promise')
    expect(await refused(follow(await link(), { epoch: { ...epoch, number: 4 } }))).toMatchObject({
      code: 'FENCED',
    })
    const other = { number: 5, incarnation: 'b'.repeat(32) as Incarnation }
    expect(await refused(follow(await link(), { epoch: other }))).toMatchObject({ code: 'FENCED' })
  })

  test('from a record that is another one here is CONFLICT, or that is not here', async () => {
    await journalOnly(temporary.store, mkdir('a'))
    const other = 'f'.repeat(64) as RecordHash
    const forked = { code: 'CONFLICT', message: 'forked at seq 1' }
    expect(await refused(follow(await link(), { afterSeq: 1, afterHash: other }))).toMatchObject(forked)
    expect(await refused(follow(await link(), { afterSeq: 7, afterHash: other }))).toMatchObject({
      code: 'CONFLICT',
    })
  })

  test('from before what is committed is ROLLED_BACK', async () => {
    await settle(temporary.store, mkdir('a'))
    const answer = follow(await link(), { afterSeq: 0, afterHash: noHash })
    expect(await refused(answer)).toMatchObject({ code: 'ROLLED_BACK' })
  })

  test('what was never committed is dropped, and other records come in its place', async () => {
    const { store } = temporary
    await journalOnly(store, mkdir('a'), mkdir('b'))
    const answer = follow(await link(), { afterSeq: 0, afterHash: noHash })
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(last(answer)).toEqual({ journaledSeq: 0, settledSeq: 0, outcomes: [] })
    send(answer, entries(mkdir('c')))
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(temporary.root)).toEqual({ c: null })
  })

  test('what is committed only by the word of one link does not count for the records of another', async () => {
    const first = await link()
    const answer = follow(first, { committedSeq: 9 })
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    first.close()
    const second = follow(await link(), { epoch: { ...epoch, number: 2 } })
    send(second, entries(mkdir('a')))
    await untilJournaled(second, 1)
    expect(last(second)!.settledSeq).toBe(0)
  })

  test('that is taken ends the one before with FENCED', async () => {
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    follow(await link())
    expect(await refused(answer)).toMatchObject({ code: 'FENCED' })
  })

  test('a gap is CONFLICT, and bytes that are no record are BAD_FRAME', async () => {
    const [, second] = entries(mkdir('a'), mkdir('b'))
    const gap = follow(await link())
    send(gap, [second!])
    expect(await refused(gap)).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 1' })
    const broken = follow(await link())
    broken.stream.sendFlow('RECORDS', { entries: [{ record: Buffer.from('no record'), body: null }] })
    expect(await refused(broken)).toMatchObject({ code: 'BAD_FRAME' })
    expect(temporary.store.journal.last.seq).toBe(0)
  })

  test('a put beside which other bytes ride is BAD_FRAME', async () => {
    const [entry] = entries(put('a', 'one'))
    const answer = follow(await link())
    send(answer, [{ ...entry!, body: Buffer.from('two') }])
    expect(await refused(answer)).toMatchObject({ code: 'BAD_FRAME' })
  })

  test('trouble of the settler ends it, and a later one works when the trouble is over', async () => {
    const { disk } = temporary
    const answer = follow(await link())
    const real = disk.moveNew.bind(disk)
    disk.moveNew = () => {
      throw new DiskError('EIO', 'rename')
    }
    send(answer, entries(put('a', 'one')))
    answer.stream.send('COMMITTED', { seq: 1 })
    expect(await refused(answer)).toMatchObject({ code: 'IO_ERROR' })
    disk.moveNew = real
    const later = follow(await link(), { committedSeq: 1 })
    await untilSettled(later, 1)
    expect(treeOf(temporary.root)).toEqual({ a: 'one' })
  })

  test('an append for which there is no space ends it with NO_SPACE, and a later one works', async () => {
    const { store } = temporary
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    const append = jest.spyOn(store.journal, 'append')
    append.mockRejectedValueOnce(new ConcurError('NO_SPACE', 'no space is left for the journal'))
    const some = entries(mkdir('a'))
    send(answer, some)
    expect(await refused(answer)).toMatchObject({ code: 'NO_SPACE' })
    const later = follow(await link())
    send(later, some)
    await untilJournaled(later, 1)
  })

  test('when its link goes, what is known to be committed is settled all the same', async () => {
    const { store, root } = temporary
    const served = await link()
    const answer = follow(served, { committedSeq: 1 })
    send(answer, entries(put('a', 'one')))
    await until(() => store.journal.last.seq === 1, 'the record to come')
    served.close()
    await store.settler.settled(1)
    expect(treeOf(root)).toEqual({ a: 'one' })
  })

  test('what was settled without a link is told on the next one', async () => {
    const { store, root } = temporary
    writeFileSync(`${root}/a`, 'by hand')
    await settle(store, put('a', 'one'))
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(last(answer)!.outcomes).toMatchObject([{ seq: 1, kept: [{ path: 'a' }] }])
  })

  test('a record that comes twice is CONFLICT, and is there once', async () => {
    const answer = follow(await link())
    const some = entries(mkdir('a'))
    send(answer, some)
    send(answer, some)
    expect(await refused(answer)).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 2' })
    await until(() => temporary.store.journal.durableSeq === 1, 'the first to be durable')
  })

  test('of a fenced store is READ_ONLY, and a fence ends it', async () => {
    const answer = follow(await link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    temporary.store.fence.set('a flush failed')
    expect(await refused(answer)).toMatchObject({ code: 'READ_ONLY' })
    expect(await refused(follow(await link()))).toMatchObject({ code: 'READ_ONLY' })
    temporary.store.fence.clear()
  })
})

describe('bytes that are not here', () => {
  const content = Buffer.alloc(1024 * 1024 + 5, 7)

  async function lacking(): Promise<{ served: Served; answer: Answer }> {
    const served = await link()
    const answer = follow(served)
    send(answer, entries(put('a', content, { stage: stageId(9) })))
    answer.stream.send('COMMITTED', { seq: 1 })
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
    return { served, answer }
  }

  test('are supplied', async () => {
    const { served, answer } = await lacking()
    expect(answer.all('NEED')).toEqual([{ seq: 1 }])
    const { blockDigests } = digestOf(content)
    const what = { seq: 1, size: content.length, digest: digest(content) }
    const supply = served.peer.ask('SUPPLY', what, { more: true })
    supply.stream.sendPiece('DIGESTS', blockDigests)
    await supply.until(() => supply.all('WANTED').length === 1, 'WANTED')
    expect(supply.all('WANTED')).toEqual([{ blocks: [{ first: 0, count: 2 }] }])
    supply.stream.sendPiece('CHUNK', content, true)
    expect((await supply.ended()).all('WANTED')[1]).toEqual({ blocks: [] })
    await untilSettled(answer, 1)
    expect(treeOf(temporary.root).a).toBe(content.toString())
  })

  test('of another digest are BAD_DIGEST, and still needed', async () => {
    const { served } = await lacking()
    const what = { seq: 1, size: content.length, digest: digest(content) }
    const supply = served.peer.ask('SUPPLY', what, { more: true })
    supply.stream.sendPiece(
      'DIGESTS',
      Buffer.concat([blockDigest(Buffer.from('x')), blockDigest(Buffer.from('y'))]),
    )
    expect(await refused(supply)).toMatchObject({ code: 'BAD_DIGEST' })
    expect(following.needs.of(1)).not.toBeNull()
  })

  test('that nobody has any more are told as kept', async () => {
    const { answer } = await lacking()
    answer.stream.send('LOST', { seq: 1, reason: 'nobody has it' })
    await untilSettled(answer, 1)
    expect(last(answer)!.outcomes[0]!.kept[0]).toMatchObject({ path: 'a' })
  })

  test('are asked for again on the next link', async () => {
    const { served } = await lacking()
    served.close()
    await until(() => following.needs.of(1) === null, 'the need to end')
    const answer = follow(await link())
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
  })

  test('of a record that needs none are NOT_FOUND', async () => {
    const { peer } = await link()
    const supply = peer.ask('SUPPLY', { seq: 3, size: 0, digest: digest('') }, { more: true })
    expect(await refused(supply)).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('the list of a folder that is deleted', () => {
  const list = { path: at('f/a'), what: 'file', seen: [digest('one')] } as const

  async function deleting(): Promise<{ served: Served; answer: Answer; bytes: Buffer }> {
    await settle(temporary.store, put('f/a', 'one'))
    const served = await link()
    const answer = follow(served)
    const [entry] = entries(removeFolder('f', [list]))
    send(answer, [{ ...entry!, body: null }])
    answer.stream.send('COMMITTED', { seq: 2 })
    await answer.until(() => answer.all('NEED').length > 0, 'NEED')
    return { served, answer, bytes: entry!.body! }
  }

  test('is supplied', async () => {
    const { served, answer, bytes } = await deleting()
    const { blockDigests } = digestOf(bytes)
    const what = { seq: 2, size: bytes.length, digest: digest(bytes) }
    const supply = served.peer.ask('SUPPLY', what, { more: true })
    supply.stream.sendPiece('DIGESTS', blockDigests)
    supply.stream.sendPiece('CHUNK', bytes, true)
    await untilSettled(answer, 2)
    expect(treeOf(temporary.root)).toEqual({})
  })

  test('that nobody has any more leaves the folder as it is, and says so', async () => {
    const { answer } = await deleting()
    answer.stream.send('LOST', { seq: 2, reason: 'nobody has it' })
    await untilSettled(answer, 2)
    expect(last(answer)!.outcomes).toMatchObject([{ seq: 2, kept: [{ path: 'f' }] }])
    expect(treeOf(temporary.root)).toEqual({ f: null, 'f/a': 'one' })
  })
})

describe('STAGE', () => {
  const content = Buffer.from('staged bytes')
  const seal = { size: content.length, digest: digest(content) }

  function stage({ peer }: Served, what = seal): Answer {
    const answer = peer.ask('STAGE', { stage: stageId(1) }, { more: true })
    answer.stream.sendPiece('CHUNK', content)
    answer.stream.sendFlow('SEAL', what, true)
    return answer
  }

  test('is told when it is durable, and again when a record that names it is', async () => {
    const served = await link()
    const staged = stage(served)
    const answer = follow(served)
    send(answer, entries(put('a', content, { stage: stageId(1) })))
    expect((await staged.ended()).all('STAGED')).toEqual([seal, seal])
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(temporary.root)).toEqual({ a: 'staged bytes' })
    expect(answer.all('NEED')).toEqual([])
  })

  test('whose SEAL says something else is BAD_DIGEST, and nothing stays', async () => {
    const staged = stage(await link(), { ...seal, digest: digest('other') })
    expect(await refused(staged)).toMatchObject({ code: 'BAD_DIGEST' })
    expect(temporary.store.stages.has(stageId(1))).toBe(false)
  })

  test('that is there already is ALREADY_EXISTS', async () => {
    const served = await link()
    const staged = stage(served)
    await staged.until(() => staged.all('STAGED').length === 1, 'STAGED')
    expect(await refused(stage(served))).toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  test('goes with its link', async () => {
    const served = await link()
    const staged = stage(served)
    await staged.until(() => staged.all('STAGED').length === 1, 'STAGED')
    served.close()
    await until(() => !temporary.store.stages.has(stageId(1)), 'the stage to go')
  })

  test('of a fenced store is READ_ONLY', async () => {
    temporary.store.fence.set('a flush failed')
    expect(await refused(stage(await link()))).toMatchObject({ code: 'READ_ONLY' })
    temporary.store.fence.clear()
  })
})

describe('questions about the journal', () => {
  test('JOURNAL_AT tells the position, and the hash of a record', async () => {
    const { store } = temporary
    await settle(store, mkdir('a'))
    await journalOnly(store, mkdir('b'))
    const { peer } = await link()
    const answer = await peer.ask('JOURNAL_AT', { seq: 2 }).ended()
    const { hash } = store.journal.last
    expect(answer.only('JOURNAL_IS')).toEqual({ epoch, lastSeq: 2, committedSeq: 1, hash })
    const none = await peer.ask('JOURNAL_AT', { seq: 3 }).ended()
    expect(none.only('JOURNAL_IS').hash).toBeNull()
  })

  test('REPLAY tells every record behind a seq, with its bytes', async () => {
    const { store } = temporary
    await settle(store, mkdir('a'), put('b', 'two'), put('c', 'three'))
    const answer = await (await link()).peer.ask('REPLAY', { afterSeq: 1 }).ended()
    const told = answer.all('RECORDS').flatMap(({ entries }) => entries)
    const own = store.journal.readAfter(1, 1e6).map(({ bytes, body }) => ({ record: bytes, body }))
    expect(told).toEqual(own)
  })

  test('SURVEY tells what the disk holds, and where it would lie', async () => {
    await settle(temporary.store, put('f/a', 'one'))
    const paths = ['f/a', 'g/b'] as FilePath[]
    const { places } = (await (await link()).peer.ask('SURVEY', { paths }).ended()).only('SURVEYED')
    expect(places[0]).toMatchObject({ copy: { is: 'file', size: 3 }, parent: 'folder' })
    expect(places[1]).toEqual({ copy: { is: 'absent' }, parent: 'absent', isEmpty: false })
  })

  test('LOOK waits for the record that it names, and tells the last one of the path', async () => {
    const { store } = temporary
    const served = await link()
    const answer = follow(served)
    send(answer, entries(put('a', 'one')))
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
