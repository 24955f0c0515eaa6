import { epoch, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import type { NodeId, NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { type Change, newEntry, type Operation } from '../../protocol/record.ts'
import { readPast } from './past.ts'

const [server1, server2, server3] = ['server1', 'server2', 'server3'] as NodeName[]
const idOf = (letter: string) => letter.repeat(32) as NodeId
const mkdir: Change = { type: 'mkdir', path: parsePath('folder') }

const operationOf = (counter: number): Operation =>
  ({ nonce: 'n'.repeat(32), counter, floor: 0 }) as Operation

/** A journal that tells how far back it was read. */
class ReadJournal extends ScriptedJournal {
  firstRead = Number.POSITIVE_INFINITY

  override readAfter(seq: number, bytesMax: number) {
    this.firstRead = Math.min(this.firstRead, seq + 1)
    return super.readAfter(seq, bytesMax)
  }

  /** Appends a record; `counter`: it is this change of a client's. */
  add(change: Change, counter: number | null = null): this {
    const { seq, hash } = this.last
    const operation = counter === null ? null : operationOf(counter)
    const record = {
      epoch,
      seq: seq + 1,
      previous: hash,
      committedSeq: 0,
      timeMs: 0,
      client: null,
      operation,
    }
    this.entries.push(newEntry({ ...record, change }, null))
    return this
  }

  /** Appends so many changes of clients, their counters one after the other. */
  addChanges(count: number, firstCounter = 1): this {
    for (let at = 0; at < count; at++) this.add(mkdir, firstCounter + at)
    return this
  }

  beginTerm(...nodeIds: (NodeId | null)[]): this {
    const names = [server1!, server2!, server3!]
    return this.add({ type: 'begin', members: nodeIds.map((nodeId, at) => ({ name: names[at]!, nodeId })) })
  }
}

const seqsOf = (journal: ReadJournal, operationsMax = 10) =>
  readPast(journal, operationsMax).operations.map(({ operation, seq }) => [operation.counter, seq])

test('an empty journal has no past', () => {
  expect(readPast(new ReadJournal(), 10)).toEqual({
    nodeIds: new Map(),
    acknowledged: new Map(),
    operations: [],
    locks: [],
    operationsAfterSeq: 0,
  })
})

describe('the nodes that were known', () => {
  test('are those of the last beginning, and who joined since, with the id that it had last', () => {
    const journal = new ReadJournal().beginTerm(idOf('a'), idOf('b'), null)
    journal.add({ type: 'join', node: server3!, nodeId: idOf('c') })
    journal.add({ type: 'join', node: server2!, nodeId: idOf('d') })
    expect(readPast(journal, 10).nodeIds).toEqual(
      new Map([
        [server1, idOf('a')],
        [server2, idOf('d')],
        [server3, idOf('c')],
      ]),
    )
  })

  test('are not those whose id nobody knew yet', () => {
    const { nodeIds } = readPast(new ReadJournal().beginTerm(idOf('a'), null), 10)
    expect(nodeIds).toEqual(new Map([[server1, idOf('a')]]))
  })

  test('stay known when they leave', () => {
    const journal = new ReadJournal().beginTerm(idOf('a'), idOf('b'))
    journal.add({ type: 'leave', node: server2!, reason: 'is down', journaledSeq: 1 })
    expect(readPast(journal, 10).nodeIds.get(server2!)).toBe(idOf('b'))
  })

  test('are looked for until a beginning is found, however many changes came since', () => {
    const journal = new ReadJournal().beginTerm(idOf('a'), idOf('b')).addChanges(9_000)
    expect(readPast(journal, 1).nodeIds.get(server2!)).toBe(idOf('b'))
    expect(journal.firstRead).toBe(1)
  })
})

describe('the changes of clients', () => {
  test('come oldest first, and records of members are none', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(2)
    journal.add({ type: 'join', node: server2!, nodeId: idOf('b') }).addChanges(1, 3)
    expect(seqsOf(journal)).toEqual([
      [1, 2],
      [2, 3],
      [3, 5],
    ])
  })

  test('that were abandoned are not among them, also where that is told in a later stride', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(2)
    journal.addChanges(4_100, 3)
    journal.add({ type: 'abandoned', abandonedSeq: 2, reason: 'too few' })
    const [first] = seqsOf(journal, 10_000)
    expect(first).toEqual([2, 3])
  })

  test('are read no further back than is needed, and how far that was is told', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(9_000)
    journal.beginTerm(idOf('a')).addChanges(100)
    const past = readPast(journal, 50)
    expect(past.operations.length).toBeGreaterThanOrEqual(50)
    expect(past.operations.at(-1)).toEqual({ operation: operationOf(100), seq: 9_102 })
    expect(past.operationsAfterSeq).toBe(journal.firstRead - 1)
    expect(past.operationsAfterSeq).toBeGreaterThan(4_000)
    expect(past.operations[0]!.seq).toBe(journal.firstRead)
  })

  test('are counted without the records of members', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(60)
    for (let at = 0; at < 5_000; at++) journal.add({ type: 'join', node: server2!, nodeId: idOf('b') })
    journal.beginTerm(idOf('a'))
    expect(readPast(journal, 50).operations.length).toBeGreaterThanOrEqual(50)
  })

  test('of earlier terms count as well', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(9_000).beginTerm(idOf('a'))
    expect(readPast(journal, 5_000).operations.length).toBeGreaterThanOrEqual(5_000)
  })

  test('are all told where there are fewer than are kept', () => {
    const journal = new ReadJournal().beginTerm(idOf('a')).addChanges(9_000)
    const past = readPast(journal, 10_000)
    expect(past.operations.map(({ seq }) => seq)).toEqual(Array.from({ length: 9_000 }, (_, at) => at + 2))
    expect(past.operationsAfterSeq).toBe(0)
  })
})

test('a journal that begins later is read from there, and what is not in it is not known', () => {
  const journal = new ReadJournal().beginTerm(idOf('a'), idOf('b'), null).addChanges(20)
  journal.releasedSeq = 11
  expect(readPast(journal, 100)).toMatchObject({ nodeIds: new Map(), operationsAfterSeq: 11 })
  expect(seqsOf(journal, 100).map(([, seq]) => seq)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
  expect(journal.firstRead).toBe(12)
})

test('the locks are all records of them as far as the journal was read, but for those that were abandoned', () => {
  const from = 'x'
  const lock: Change = {
    type: 'lock',
    lockedPath: parsePath('a'),
    ...{ holder: 'ann@laptop' as never, ttlMs: 1_000, token: null, sinceMs: 5, from },
  }
  const unlock: Change = { type: 'unlock', lockedPath: parsePath('a'), token: 2, how: 'expired', from }
  const journal = new ReadJournal().beginTerm(null).add(lock, 1).add(unlock).add(lock, 2)
  journal.add({ type: 'abandoned', abandonedSeq: 4, reason: 'too few' })
  expect(readPast(journal, 10).locks).toEqual([
    { seq: 2, timeMs: 0, client: null, change: lock },
    { seq: 3, timeMs: 0, client: null, change: unlock },
  ])
})
