import { FakeTime } from '../../fixtures/fake-time.ts'
import type { Outcome } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Incarnation, NodeId, NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { type Change, type JournalEntry, noHash } from '../../protocol/record.ts'
import { type Awaited, Ledger } from './ledger.ts'
import { tooFewFor } from './policy.ts'

const self = 'server1' as NodeName
const other = 'server2' as NodeName
const third = 'server3' as NodeName
const nodeId = 'b'.repeat(32) as NodeId
const epoch = { number: 7, incarnation: 'e'.repeat(32) as Incarnation }
const mkdir: Change = { type: 'mkdir', path: parsePath('folder') }
const wanted = { change: mkdir, client: null, operation: null, body: null }
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

/** Appends are durable, or fail, when the test says so. */
class ManualJournal {
  entries: JournalEntry[] = []
  durableSeq = 0
  private waiters: { seq: number; resolve: () => void; reject: (error: ConcurError) => void }[] = []

  get last() {
    const last = this.entries.at(-1)
    return {
      seq: this.entries.length,
      hash: last?.hash ?? noHash,
      epoch: last?.record.epoch ?? null,
      committedSeq: last?.record.committedSeq ?? 0,
    }
  }

  append(entries: readonly JournalEntry[]): Promise<void> {
    for (const entry of entries) {
      expect(entry.record.seq).toBe(this.last.seq + 1)
      expect(entry.record.previous).toBe(this.last.hash)
      this.entries.push(entry)
    }
    const { seq } = this.last
    return new Promise((resolve, reject) => void this.waiters.push({ seq, resolve, reject }))
  }

  /** Everything is on the disk. */
  flush(): Promise<void> {
    this.durableSeq = this.last.seq
    for (const { resolve } of this.waiters.splice(0)) resolve()
    return settle()
  }

  /** Drops what is not durable; who waits is told with the next microtasks. */
  drop(): void {
    this.entries.splice(this.durableSeq)
    for (const { reject } of this.waiters.splice(0)) reject(new ConcurError('NO_SPACE', 'the disk is full'))
  }
}

function begun() {
  const journal = new ManualJournal()
  const committed: number[] = []
  const takenBack: string[] = []
  let appended = 0
  let begun = 0
  const ledger = new Ledger({
    ...{ journal, self, clock: new FakeTime(), settledSeq: 0 },
    events: {
      onAppended: () => appended++,
      onCommitted: seq => committed.push(seq),
      onBegun: () => begun++,
      onTakenBack: ({ code }) => takenBack.push(code),
    },
  })
  ledger.begin(epoch, [
    { name: self, nodeId: null },
    { name: other, nodeId },
  ])
  return { journal, ledger, committed, takenBack, appended: () => appended, begun: () => begun }
}

/** Both nodes are in the set, which is committed and settled: seq 2. */
async function joined() {
  const world = begun()
  const { journal, ledger, committed } = world
  await journal.flush()
  ledger.settledHere(1, [])
  ledger.join(other, nodeId, { journaledSeq: 1, settledSeq: 1 })
  await journal.flush()
  ledger.report(other, { journaledSeq: 2, settledSeq: 2 }, [])
  ledger.settledHere(2, [])
  committed.length = 0
  return world
}

const order = (ledger: Ledger, ack: 'available' | 'quorum' | 'all' = 'available', of = 2): Awaited =>
  ledger.order(wanted, inSync => tooFewFor(ack, inSync, of))

/** What became of it so far. */
function fate({ done }: Awaited): { is: string } {
  const told = { is: 'open' }
  done.then(
    () => {
      told.is = 'done'
    },
    ({ code }: ConcurError) => {
      told.is = code
    },
  )
  return told
}

const at = (journaledSeq: number, settledSeq = journaledSeq) => ({ journaledSeq, settledSeq })

test('a term has an epoch for others when its beginning is durable', async () => {
  const { journal, ledger, begun: told } = begun()
  expect([ledger.epoch, ledger.begunEpoch, told()]).toEqual([epoch, null, 0])
  await journal.flush()
  expect([ledger.begunEpoch, told()]).toEqual([epoch, 1])
  order(ledger)
  await journal.flush()
  expect(told()).toBe(1)
})

test('a term whose beginning was taken back begins when it is written again', async () => {
  const { journal, ledger, begun: told } = begun()
  journal.drop()
  await settle()
  expect([ledger.begunEpoch, told()]).toEqual([null, 0])
  ledger.begin(epoch, [{ name: self, nodeId: null }])
  await journal.flush()
  expect([ledger.begunEpoch, told()]).toEqual([epoch, 1])
})

test('nothing is ordered before the term has begun', () => {
  const ledger = new Ledger({
    ...{ journal: new ManualJournal(), self, clock: new FakeTime(), settledSeq: 0 },
    events: { onAppended: () => {}, onCommitted: () => {}, onBegun: () => {}, onTakenBack: () => {} },
  })
  expect(() => order(ledger)).toThrow('has not begun')
  expect(ledger.inSync).toEqual([])
})

test('a term begins with the coordinator alone in the set', async () => {
  const { journal, ledger, committed } = begun()
  expect(journal.entries.map(({ record }) => record.change.type)).toEqual(['begin'])
  expect(ledger.inSync).toEqual([self])
  await journal.flush()
  expect(committed).toEqual([1])
})

test('records say what was committed when they were written, each behind the one before', async () => {
  const { journal, ledger, appended } = await joined()
  order(ledger)
  order(ledger)
  expect(journal.entries.slice(2).map(({ record }) => [record.seq, record.committedSeq])).toEqual([
    [3, 2],
    [4, 2],
  ])
  expect(appended()).toBe(4)
})

test('a change is not committed before the coordinator has made it durable itself', async () => {
  const { journal, ledger, committed } = await joined()
  const change = order(ledger)
  const told = fate(change)
  ledger.report(other, at(3, 2), [])
  ledger.settledHere(3, [])
  await settle()
  expect(committed).toEqual([])
  expect(change.isCommitted).toBe(false)
  expect(told.is).toBe('open')
  await journal.flush()
  expect(committed).toEqual([3])
  expect(change.isCommitted).toBe(true)
})

test('a change that only the coordinator has made durable is not committed', async () => {
  const { journal, ledger, committed } = await joined()
  const change = order(ledger)
  await journal.flush()
  expect(committed).toEqual([])
  ledger.report(other, at(3, 2), [])
  expect(committed).toEqual([3])
  expect(change.isCommitted).toBe(true)
})

test('a committed change is over when every node has settled it', async () => {
  const { journal, ledger } = await joined()
  const told = fate(order(ledger))
  await journal.flush()
  ledger.report(other, at(3, 2), [])
  ledger.settledHere(3, [])
  await settle()
  expect(told.is).toBe('open')
  ledger.report(other, at(3), [])
  await settle()
  expect(told.is).toBe('done')
})

test('a node that is not in the set is not waited for, and what it says counts for nothing', async () => {
  const { journal, ledger, committed } = await joined()
  ledger.report(third, at(99), [])
  order(ledger)
  ledger.report(third, at(0), [])
  await journal.flush()
  ledger.report(other, at(3), [])
  expect(committed).toEqual([3])
})

test('a node that leaves is waited for until the record of its leaving is durable', async () => {
  const { journal, ledger, committed } = await joined()
  const change = order(ledger)
  const told = fate(change)
  await journal.flush()
  ledger.leave(other, 'is gone')
  ledger.settledHere(2, [])
  await settle()
  expect(ledger.inSync).toEqual([self])
  expect(journal.entries.at(-1)!.record.change).toEqual({
    type: 'leave',
    node: other,
    reason: 'is gone',
    journaledSeq: 2,
  })
  expect(committed).toEqual([])
  expect(told.is).toBe('open')
  await journal.flush()
  expect(committed).toEqual([4])
  expect(told.is).toBe('open')
  ledger.settledHere(4, [])
  await settle()
  expect(told.is).toBe('done')
})

test('a change that a node has made durable is not over before its leaving is committed', async () => {
  const { journal, ledger } = await joined()
  const told = fate(order(ledger))
  await journal.flush()
  ledger.report(other, at(3, 2), [])
  ledger.settledHere(3, [])
  ledger.leave(other, 'is gone')
  await settle()
  expect(told.is).toBe('open')
  await journal.flush()
  expect(told.is).toBe('done')
})

test('who is not in the set cannot leave it, and the coordinator never does', async () => {
  const { journal, ledger } = await joined()
  ledger.leave(third, 'was never there')
  ledger.leave(self, 'itself')
  expect(journal.last.seq).toBe(2)
  ledger.leave(other, 'is gone')
  ledger.leave(other, 'is gone')
  expect(journal.last.seq).toBe(3)
  expect(ledger.inSync).toEqual([self])
})

test('a change that too few can have is abandoned, and refused when that is durable', async () => {
  const { journal, ledger, committed } = await joined()
  const quorum = order(ledger, 'quorum')
  const available = order(ledger)
  const [refused, made] = [fate(quorum), fate(available)]
  await journal.flush()
  ledger.leave(other, 'is gone')
  expect(journal.entries.slice(4).map(({ record }) => record.change)).toEqual([
    { type: 'leave', node: other, reason: 'is gone', journaledSeq: 2 },
    {
      type: 'abandoned',
      abandonedSeq: 3,
      reason: '--ack quorum needs 2 of 2 nodes, and only 1 can have the change now',
    },
  ])
  await settle()
  expect(refused.is).toBe('open')
  await journal.flush()
  expect(committed).toEqual([6])
  expect(refused.is).toBe('UNREACHABLE')
  ledger.settledHere(6, [])
  await settle()
  expect(made.is).toBe('done')
  expect(refused.is).toBe('UNREACHABLE')
})

test('a committed change is not abandoned any more', async () => {
  const { journal, ledger } = await joined()
  const told = fate(order(ledger, 'all'))
  await journal.flush()
  ledger.report(other, at(3, 2), [])
  ledger.leave(other, 'is gone')
  expect(journal.entries.slice(3).map(({ record }) => record.change.type)).toEqual(['leave'])
  await journal.flush()
  ledger.settledHere(4, [])
  await settle()
  expect(told.is).toBe('done')
})

test('a change is abandoned once, however many nodes leave', async () => {
  const { journal, ledger } = await joined()
  ledger.join(third, nodeId, at(2))
  await journal.flush()
  ledger.report(other, at(3), [])
  ledger.report(third, at(3), [])
  order(ledger, 'all', 3)
  ledger.leave(other, 'is gone')
  ledger.leave(third, 'is gone, too')
  expect(journal.entries.slice(4).map(({ record }) => record.change.type)).toEqual([
    'leave',
    'abandoned',
    'leave',
  ])
})

test('a node that joins is waited for from the record of its joining on', async () => {
  const { journal, ledger, committed } = begun()
  await journal.flush()
  ledger.settledHere(1, [])
  ledger.join(other, nodeId, at(1))
  expect(journal.entries.at(-1)!.record.change).toEqual({ type: 'join', node: other, nodeId })
  expect(ledger.isInSync(other)).toBe(true)
  await journal.flush()
  expect(committed).toEqual([1])
  ledger.report(other, at(2), [])
  expect(committed).toEqual([1, 2])
})

test('what nodes had to say of a change is kept for who waits for it', async () => {
  const { ledger } = await joined()
  const { outcomes } = order(ledger)
  const path = parsePath('folder')
  const outcome = (reason: string): Outcome => ({ seq: 3, kept: [{ path, reason }], replaced: [] })
  ledger.report(other, at(2), [outcome('edited'), { seq: 99, kept: [], replaced: [] }])
  ledger.report(other, at(2), [outcome('a link')])
  ledger.settledHere(2, [outcome('no room')])
  expect(outcomes.get(other)!.kept.map(({ reason }) => reason)).toEqual(['edited', 'a link'])
  expect(outcomes.get(self)!.kept.map(({ reason }) => reason)).toEqual(['no room'])
})

describe('a journal that takes nothing', () => {
  test('refuses the change, and the next one has its number', async () => {
    const { journal, ledger, takenBack, committed } = await joined()
    const told = fate(order(ledger))
    journal.drop()
    await settle()
    expect(told.is).toBe('NO_SPACE')
    expect(takenBack).toEqual(['NO_SPACE'])
    const again = order(ledger)
    expect(again.seq).toBe(3)
    await journal.flush()
    ledger.report(other, at(3), [])
    expect(committed).toEqual([3])
  })

  test('ends a term whose beginning it took, and nobody waits for its tail', async () => {
    const { journal, ledger, takenBack } = begun()
    journal.drop()
    await settle()
    expect([ledger.epoch, takenBack]).toEqual([null, ['NO_SPACE']])
    await ledger.tails.over()
    expect(() => order(ledger)).toThrow('has not begun')
  })

  test('keeps nobody waiting for a node whose joining it took', async () => {
    const { journal, ledger } = begun()
    await journal.flush()
    ledger.settledHere(1, [])
    ledger.join(other, 'f'.repeat(32) as NodeId, at(1))
    journal.drop()
    await settle()
    await ledger.tails.over()
    expect(ledger.inSync).toEqual([self])
  })

  test('refuses a change also when another one comes before anybody is told', async () => {
    const { journal, ledger } = await joined()
    const first = fate(order(ledger))
    journal.drop()
    const second = fate(order(ledger))
    await settle()
    expect(first.is).toBe('NO_SPACE')
    expect(second.is).toBe('open')
    await journal.flush()
    ledger.report(other, at(3), [])
    ledger.settledHere(3, [])
    await settle()
    expect(second.is).toBe('done')
  })

  test('makes nobody count as having the record that takes the number of a dropped one', async () => {
    const { journal, ledger, committed } = await joined()
    void fate(order(ledger))
    // The replica was quicker, and has what this node lost.
    ledger.report(other, at(3, 2), [])
    journal.drop()
    await settle()
    order(ledger)
    await journal.flush()
    expect(committed).toEqual([])
    ledger.report(other, at(3, 2), [])
    expect(committed).toEqual([3])
  })

  test('takes back a leaving: the node is waited for as before', async () => {
    const { journal, ledger, committed } = await joined()
    ledger.leave(other, 'is gone')
    journal.drop()
    await settle()
    expect(ledger.inSync).toEqual([self, other])
    order(ledger)
    await journal.flush()
    expect(committed).toEqual([])
  })

  test('takes back a joining: the node is not waited for', async () => {
    const { journal, ledger, committed } = await joined()
    ledger.join(third, nodeId, at(2))
    journal.drop()
    await settle()
    expect(ledger.inSync).toEqual([self, other])
    order(ledger)
    await journal.flush()
    ledger.report(other, at(3), [])
    expect(committed).toEqual([3])
  })

  test('lets a node leave whose leaving comes before anybody is told', async () => {
    const { journal, ledger, committed } = await joined()
    const told = fate(order(ledger))
    journal.drop()
    ledger.leave(other, 'is gone')
    await settle()
    expect(told.is).toBe('NO_SPACE')
    expect(ledger.inSync).toEqual([self])
    await journal.flush()
    expect(committed).toEqual([3])
  })

  test('takes back that a change was abandoned', async () => {
    const { journal, ledger, committed } = await joined()
    const told = fate(order(ledger, 'quorum'))
    await journal.flush()
    ledger.leave(other, 'is gone')
    journal.drop()
    await settle()
    ledger.report(other, at(3), [])
    ledger.settledHere(3, [])
    await settle()
    expect(committed).toEqual([3])
    expect(told.is).toBe('done')
  })
})
