/** How a term begins: what is heard of the replicas, and what number follows from it. */
import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import { ScriptedJournal } from '../fixtures/scripted-journal.ts'
import { ScriptedReplica } from '../fixtures/scripted-replica.ts'
import { serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { JournalIs } from '../protocol/change-messages.ts'
import type { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Incarnation, NodeName } from '../protocol/ids.ts'
import type { JournalEntry } from '../protocol/record.ts'
import type { ReplicaLink } from './replica-link.ts'
import { askJournal, nextEpochNumber, termToBegin } from './term.ts'

const epoch = (number: number) => ({ number, incarnation: 'a'.repeat(32) as Incarnation })
const heard = (journal: Partial<JournalIs>) => ({
  node: 'server2' as NodeName,
  journal: { epoch: null, beginSeq: 0, settledSeq: 0, lastSeq: 0, committedSeq: 0, hash: null, ...journal },
})

test('the first term is 1, and each is above all that anybody knows', () => {
  expect(nextEpochNumber({ epoch: null, lastSeq: 0 }, [])).toBe(1)
  expect(nextEpochNumber({ epoch: epoch(4), lastSeq: 9 }, [heard({ epoch: epoch(7) }), heard({})])).toBe(8)
  expect(nextEpochNumber({ epoch: epoch(9), lastSeq: 9 }, [heard({ epoch: epoch(7) })])).toBe(10)
})

test('a replica with a tail that was never committed hinders nothing', () => {
  expect(nextEpochNumber({ epoch: epoch(1), lastSeq: 9 }, [heard({ lastSeq: 12, committedSeq: 9 })])).toBe(2)
})

test('a replica that knows of later commits means that this journal was put back, and names the remedy', () => {
  const begin = () => nextEpochNumber({ epoch: epoch(1), lastSeq: 9 }, [heard({ committedSeq: 10 })])
  const refusal = { code: 'ROLLED_BACK', message: expect.stringContaining('--accept-journal server2') }
  expect(begin).toThrow(expect.objectContaining(refusal))
})

describe('a replica that is asked for its journal', () => {
  const asked = (request: Connection['request']) => {
    const time = new FakeTime()
    return { time, answer: askJournal({ request } as unknown as Connection, 3, time) }
  }

  test('and says nothing is not waited for longer than a second', async () => {
    const { time, answer } = asked((() => {}) as never)
    await time.pass(1_000)
    expect(await answer).toBe(null)
  })

  test('and refuses, or is lost, says nothing', async () => {
    const error = new ConcurError('UNREACHABLE', 'lost')
    const failing = asked(((_opcode: string, _body: object, { onFailed }: never) =>
      (onFailed as (error: ConcurError) => void)(error)) as never)
    const throwing = asked((() => {
      throw error
    }) as never)
    expect([await failing.answer, await throwing.answer]).toEqual([null, null])
    expect(failing.time.timerCount + throwing.time.timerCount).toBe(0)
  })
})

describe('the term that may begin', () => {
  const nodeName = 'server2' as NodeName
  let own: ScriptedJournal
  let committed: number[]
  let log: RecordedLog

  beforeEach(() => {
    own = new ScriptedJournal()
    committed = []
    log = new RecordedLog()
  })

  /** Begins beside one replica whose link is as a test says. */
  function begin(link: Partial<ReplicaLink>, acceptJournal: NodeName | null = null, time = new FakeTime()) {
    const journal = {
      get last() {
        return own.last
      },
      begin: own.begin,
      at: (seq: number) => own.at(seq),
      append: async (entries: readonly JournalEntry[]) => void own.entries.push(...entries),
      truncateAfter: async () => {},
    }
    const settler = { settledSeq: 0, commit: (seq: number) => committed.push(seq) }
    return termToBegin({
      store: { journal, settler } as never,
      links: [{ name: nodeName, connection: null, refusedWith: null, ...link } as ReplicaLink],
      ...{ log, timers: time, acceptJournal },
    })
  }

  /** A replica with so many records of an epoch, over a link. */
  async function linked(records: number, time = new FakeTime()) {
    const replica = new ScriptedReplica(new ScriptedJournal().grow(records).entries)
    const served = await serve(time, (request, stream) => replica.onRequest(request, stream), {
      role: 'coordinator',
    })
    return { replica, served, link: { connection: served.peer.connection } }
  }

  test('is above what the replicas in reach say, who are all asked', async () => {
    const { replica, served, link } = await linked(3)
    own.grow(3)
    expect(await begin(link)).toBe(8)
    expect(replica.probes).toEqual([3])
    served.close()
  })

  test('waits for no replica that is out of reach, and no longer than a second for one that says nothing', async () => {
    own.grow(1)
    expect(await begin({})).toBe(8)
    const time = new FakeTime()
    const { replica, served, link } = await linked(1, time)
    replica.answersJournalAt = false
    let term: number | null = null
    void begin(link, null, time).then(number => {
      term = number
    })
    await time.pass(999)
    expect(term).toBeNull()
    await time.pass(1)
    expect(term).toBe(8)
    served.close()
  })

  test('is none where a replica knows of later commits', async () => {
    const { replica, served, link } = await linked(3)
    replica.committedSeq = 3
    await expect(begin(link)).rejects.toMatchObject({ code: 'ROLLED_BACK' })
    served.close()
  })

  test('is none for a new folder that a replica of another cluster does not know', async () => {
    await expect(begin({ refusedWith: 'WRONG_CLUSTER' })).rejects.toMatchObject({
      code: 'ROLLED_BACK',
      message: expect.stringContaining('start once with --accept-journal server2'),
    })
    own.grow(1)
    expect(await begin({ refusedWith: 'WRONG_CLUSTER' })).toBe(8)
  })

  test('follows a journal that is taken over first, which counts as committed, and that is logged', async () => {
    const { replica, served, link } = await linked(3)
    replica.committedSeq = 3
    const beginning = begin(link, nodeName)
    await until(() => replica.replays.length === 1, 'REPLAY')
    const entries = replica.journal.entries.map(({ bytes, body }) => ({ record: bytes, body }))
    void replica.replays[0]!.stream.sendFlow('RECORDS', { entries }, true)
    expect(await beginning).toBe(8)
    expect(committed).toEqual([3])
    expect(log.all('journal accepted')).toEqual([{ replica: 'server2', records: 3, seq: 3 }])
    served.close()
  })

  test.each([
    ['out of reach', nodeName, 'server2 could not be reached (no)'],
    ['none of these', 'server3' as NodeName, 'server3 is not there'],
  ])('is none where the journal of a replica that is %s is to be taken over', async (_, accept, reason) => {
    const report = () => ({ reason: 'could not be reached (no)' }) as ReturnType<ReplicaLink['report']>
    await expect(begin({ report }, accept)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: `--accept-journal ${accept}: ${reason}`,
    })
  })

  test('is none where the taking over fails', async () => {
    const { replica, served, link } = await linked(1)
    const refused = expect(begin(link, nodeName)).rejects.toMatchObject({ code: 'IO_ERROR' })
    await until(() => replica.replays.length === 1, 'REPLAY')
    replica.replays[0]!.stream.fail(new ConcurError('IO_ERROR', 'record 1 is damaged'))
    await refused
    expect(committed).toEqual([])
    served.close()
  })
})
