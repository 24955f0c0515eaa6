import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { epoch, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import type { Done, Outcome } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Change, Epoch } from '../../protocol/record.ts'
import { Answers, type AnswersOptions } from './answers.ts'

const [server1, server2] = ['server1', 'server2'] as [NodeName, NodeName]
const path = parsePath('folder')
const change: Change = { type: 'mkdir', path }
const seq = 3
const day = 86_400_000

/** server1, which answers, and server2, each as far as a test says. */
class World {
  readonly time = new FakeTime()
  readonly journal = new ScriptedJournal().grow(5)
  failure: ConcurError | null = null
  term: Epoch | null = epoch
  committedSeq = 5
  settledSeq = 5
  readonly seat = {
    name: server2,
    settled: { journaledSeq: 5, settledSeq: 5 } as { journaledSeq: number; settledSeq: number } | null,
    isFollowing: true,
    fenced: null as string | null,
    trouble: null as string | null,
  }
  downForMs: number | null = null
  linkReason: string | null = null
  readonly outcomes = new Map<NodeName, Outcome>()
  isCommitted = false
  end!: { over(): void; fail(error: ConcurError): void }
  readonly answers: Answers
  private readonly done = new Promise<void>((resolve, reject) => {
    this.end = { over: resolve, fail: reject }
  })

  constructor() {
    const world = this
    const options: AnswersOptions = {
      config: { name: server1 },
      store: {
        journaled: () => null,
        journal: {
          at: seq => this.journal.at(seq),
          get failure() {
            return world.failure
          },
        },
        settler: {
          get settledSeq() {
            return world.settledSeq
          },
          settled: () => this.done,
        },
      },
      ledger: {
        get epoch() {
          return world.term
        },
        get committedSeq() {
          return world.committedSeq
        },
      },
      seats: [this.seat],
      links: [
        {
          get downForMs() {
            return world.downForMs
          },
          report: () => ({ state: 'up', reason: this.linkReason, lastHeartbeatMs: null, heartbeat: null }),
        },
      ],
      timers: this.time,
    }
    this.answers = new Answers(options)
  }

  answer(): Promise<Done> {
    const world = this
    return this.answers.answerOf({
      change,
      awaited: {
        seq,
        outcomes: this.outcomes,
        get isCommitted() {
          return world.isCommitted
        },
        done: this.done,
      },
    })
  }
}

let world: World

beforeEach(() => {
  world = new World()
})

/** Why server2 is behind. */
const reason = () => world.answers.behind(seq)[0]?.reason

describe('the answer to a change', () => {
  test('comes when it is over, and says who has it and what became of it', async () => {
    world.outcomes.set(server2, { seq, kept: [{ path, reason: 'a file stands there' }], replaced: [] })
    const answer = world.answer()
    let isTold = false
    void answer.then(() => {
      isTold = true
    })
    await turns(5)
    expect(isTold).toBe(false)
    world.end.over()
    expect(await answer).toMatchObject({
      op: { epoch: 7, seq, type: 'mkdir', path },
      ...{ applied: [server1], behind: [], kept: [{ node: server2, path }], of: 2 },
      ...{ error: null, outcome: 'committed' },
    })
    expect(world.time.timerCount).toBe(0)
  })

  test('names who left on the way as behind', async () => {
    world.seat.settled = { journaledSeq: 3, settledSeq: 2 }
    world.seat.isFollowing = false
    world.downForMs = 12_000
    world.end.over()
    expect(await world.answer()).toMatchObject({
      applied: [server1],
      behind: [{ node: server2, reason: 'down 12 s', behindOps: 3 }],
    })
  })

  test('is the refusal where it was abandoned, or could not be written', async () => {
    const answer = world.answer()
    world.end.fail(new ConcurError('UNREACHABLE', '--ack all needs 2 of 2 nodes'))
    await expect(answer).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(world.time.timerCount).toBe(0)
  })

  test.each([
    [true, 'committed'],
    [false, 'unknown'],
  ])('comes after half a minute at the latest; committed by then: %s', async (isCommitted, outcome) => {
    world.settledSeq = 2
    const answer = world.answer()
    await world.time.pass(29_999)
    world.isCommitted = isCommitted
    await world.time.pass(1)
    expect(await answer).toMatchObject({
      ...{ op: { seq }, applied: [server2], behind: [{ node: server1, reason: 'has not settled it' }] },
      error: { code: 'TIMEOUT', message: 'seq 3 is not on every disk after 30 s' },
      outcome,
    })
  })

  test('is that nobody knows, where the journal failed while it was written', async () => {
    const answer = world.answer()
    world.failure = new ConcurError('IO_ERROR', 'a flush failed')
    world.term = null
    world.end.fail(new ConcurError('IO_ERROR', 'a flush failed'))
    expect(await answer).toMatchObject({
      ...{ op: { epoch: 7, seq }, outcome: 'unknown' },
      error: { code: 'TIMEOUT', message: expect.stringContaining('journal failed while seq 3 was written') },
    })
  })
})

describe('the answer to a change of an earlier run', () => {
  test('is what the journal tells of it', async () => {
    world.end.over()
    expect(await world.answers.answerOfJournaled(seq)).toMatchObject({
      op: { epoch: 7, seq, type: 'mkdir', path: 'folder 3' },
      ...{ applied: [server1, server2], kept: [], error: null, outcome: 'committed' },
    })
  })

  test('that cannot be settled comes after half a minute', async () => {
    const answer = world.answers.answerOfJournaled(seq)
    await world.time.pass(30_000)
    expect(await answer).toMatchObject({ op: { seq }, error: { code: 'TIMEOUT' }, outcome: 'committed' })
  })
})

describe('who is behind', () => {
  test('is nobody where every node has settled the record', () => {
    expect(world.answers.behind(5)).toEqual([])
  })

  test('is this node as well, in the configured order', () => {
    world.settledSeq = 2
    world.seat.settled = { journaledSeq: 5, settledSeq: 1 }
    world.linkReason = 'is catching up'
    expect(world.answers.behind(seq)).toEqual([
      { node: server1, reason: 'has not settled it', behindOps: 0 },
      { node: server2, reason: 'is catching up', behindOps: 4 },
    ])
  })

  test('is a node that has it, and is told nothing any more: its disk may be another by now', () => {
    world.seat.isFollowing = false
    world.committedSeq = 4
    expect(world.answers.behind(seq)).toEqual([{ node: server2, reason: 'is catching up', behindOps: 0 }])
  })

  test('is a node that was never heard of, by nobody knows how much', () => {
    world.seat.settled = null
    expect(world.answers.behind(seq)).toMatchObject([{ node: server2, behindOps: null }])
  })

  test('for the reason that lasts longest', () => {
    world.seat.settled = null
    expect(reason()).toBe('is catching up')
    world.linkReason = 'has been silent for 3.2 s'
    expect(reason()).toBe('has been silent for 3.2 s')
    world.seat.trouble = 'made no progress for 10 s'
    expect(reason()).toBe('made no progress for 10 s')
    world.downForMs = 0
    expect(reason()).toBe('down 0 s')
    world.seat.fenced = 'forked at seq 3'
    expect(reason()).toBe('forked at seq 3')
  })

  test.each([
    [59_999, 'down 59 s'],
    [60_000, 'down 1 min'],
    [3_599_999, 'down 59 min'],
    [3_600_000, 'down 1 h'],
    [day - 1, 'down 23 h'],
    [day, 'down 1 d'],
    [40 * day, 'down 40 d'],
  ])('for %d ms is told as %s', (ms, text) => {
    world.seat.settled = null
    world.downForMs = ms
    expect(reason()).toBe(text)
  })
})
