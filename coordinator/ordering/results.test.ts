import type { Done } from '../../protocol/change-messages.ts'
import type { NodeName, Nonce } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Operation } from '../../protocol/record.ts'
import { Results } from './results.ts'

const operation = (counter: number, floor = 0): Operation => ({
  nonce: 'a'.repeat(32) as Nonce,
  counter,
  floor,
})

const doneAt = (seq: number, more: Partial<Done> = {}): Done => ({
  op: { epoch: 7, seq, type: 'mkdir', path: parsePath('folder') },
  digest: null,
  size: 0,
  applied: ['server1' as NodeName],
  behind: [],
  kept: [],
  replaced: [],
  of: 2,
  error: null,
  outcome: 'committed',
  ...more,
})

function opened({ keptMax = 3, forgottenSeq = 0, releasedSeq = 0 } = {}) {
  return new Results({
    keptMax,
    forgottenSeq,
    releasedSeq: () => releasedSeq,
    answerOf: async seq => doneAt(seq, { of: 9 }),
  })
}

/** Begins a change that has ended at once. */
async function ended(results: Results, counter: number, seq: number): Promise<void> {
  results.begin(operation(counter, seq - 1), Promise.resolve(doneAt(seq)))
  await null
}

function told(results: Results, asked: Operation): Promise<Done> {
  const known = results.know(asked)
  if (known.is !== 'attempt') throw new Error(`it is ${known.is}`)
  return known.answer()
}

test('a change that nobody has heard of is new', () => {
  expect(opened().know(operation(1)).is).toBe('new')
})

test('one that is sent again while it is under way has the answer of its first attempt', async () => {
  const results = opened()
  let end: (done: Done) => void = () => {}
  const answer = new Promise<Done>(resolve => {
    end = resolve
  })
  results.begin(operation(1), answer)
  const again = told(results, operation(1))
  end(doneAt(4))
  expect(await again).toEqual(doneAt(4))
})

test('one that is sent again when it is over is told the same, whatever its floor is now', async () => {
  const results = opened()
  await ended(results, 1, 4)
  expect(await told(results, operation(1, 0))).toEqual(doneAt(4))
  expect(await told(results, operation(1, 99))).toEqual(doneAt(4))
})

test('the counter and the nonce tell changes apart', async () => {
  const results = opened()
  await ended(results, 1, 4)
  expect(results.know(operation(2)).is).toBe('new')
  expect(results.know({ ...operation(1), nonce: 'b'.repeat(32) as Nonce }).is).toBe('new')
})

test('a change that went on behind its answer is told anew from the journal, and not made again', async () => {
  const results = opened()
  const late = doneAt(4, { error: { code: 'TIMEOUT', message: 'not on every disk' } })
  results.begin(operation(1), Promise.resolve(late))
  await null
  expect(await told(results, operation(1))).toEqual(doneAt(4, { of: 9 }))
})

test('that there was nothing to do is kept: sent again later, it may not find something', async () => {
  const results = opened()
  const nothing = { ...doneAt(4), op: null }
  results.begin(operation(1), Promise.resolve(nothing))
  await null
  expect(await told(results, operation(1))).toEqual(nothing)
})

test('a first attempt that failed changed nothing, and may be made again', async () => {
  const results = opened()
  results.begin(operation(1), Promise.reject(new Error('refused')))
  expect(results.know(operation(1)).is).toBe('attempt')
  await null
  await null
  expect(results.know(operation(1)).is).toBe('new')
})

test('at most so many are kept, the oldest goes, and what may be older is not made', async () => {
  const results = opened({ keptMax: 3 })
  for (const seq of [10, 20, 30, 40]) await ended(results, seq, seq)
  expect(results.know(operation(10, 9)).is).toBe('forgotten')
  expect(results.know(operation(99, 9)).is).toBe('forgotten')
  expect(results.know(operation(99, 10)).is).toBe('new')
  expect(await told(results, operation(20, 0))).toEqual(doneAt(20))
})

test('what is under way is not forgotten, however much is kept', async () => {
  const results = opened({ keptMax: 1 })
  results.begin(operation(1), new Promise(() => {}))
  for (const seq of [10, 20, 30]) await ended(results, seq, seq)
  expect(results.know(operation(1, 0)).is).toBe('attempt')
})

test('changes of an earlier run are told from its journal, and older ones are not made', async () => {
  const results = opened({ forgottenSeq: 100 })
  results.add(operation(1), 120)
  expect(await told(results, operation(1))).toEqual(doneAt(120, { of: 9 }))
  expect(results.know(operation(2, 99)).is).toBe('forgotten')
  expect(results.know(operation(2, 100)).is).toBe('new')
})

test('what an earlier run ordered is forgotten when its record is not in the journal any more', () => {
  const results = opened({ releasedSeq: 11 })
  results.add(operation(1), 11)
  results.add(operation(2), 12)
  expect([results.know(operation(1)).is, results.know(operation(2)).is]).toEqual(['forgotten', 'attempt'])
})
