import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { ScriptedJournal } from '../fixtures/scripted-journal.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import { parsePath, wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { Change } from '../protocol/record.ts'
import { onLog } from './on-log.ts'

let time: FakeTime
let log: RecordedLog
let served: Served
let journal: ScriptedJournal
let committedSeq: number
/** Who wants to hear of news. */
let listeners: Set<() => void>

beforeEach(async () => {
  time = new FakeTime()
  log = new RecordedLog()
  journal = new ScriptedJournal()
  committedSeq = 0
  listeners = new Set()
  const changing = {
    ledger: {
      get committedSeq() {
        return committedSeq
      },
    },
    listen: (onNews: () => void) => {
      listeners.add(onNews)
      return () => void listeners.delete(onNews)
    },
  }
  const context = { client: null, clock: time, timers: time, log, reports: new ProgressReports(time) }
  served = await serve(time, (request, stream) => {
    if (request.opcode === 'LOG')
      onLog({ store: { journal }, changing }, request.body, { ...context, stream })
  })
})

afterEach(() => served.close())

const mkdir = (path: string): Change => ({ type: 'mkdir', path: parsePath(path) })

/** Appends so many folders that are committed. */
function commit(count: number): void {
  journal.grow(count)
  committedSeq = journal.last.seq
  for (const onNews of [...listeners]) onNews()
}

const ask = (options: Partial<BodyOf<'LOG'>> = {}, how = {}): Answer => {
  const request = { path: wholeTree, sinceSeq: null, last: null, follow: false, ...options }
  return served.peer.ask('LOG', request, how)
}

const seqsOf = (answer: Answer): number[] =>
  answer.all('LOGGED').flatMap(({ operations }) => operations.map(({ seq }) => seq))

async function seqs(options: Partial<BodyOf<'LOG'>> = {}): Promise<number[]> {
  const answer = await ask(options).ended()
  if (answer.error !== null) throw answer.error
  return seqsOf(answer)
}

test('tells what is committed, oldest first, and nothing behind that', async () => {
  commit(3)
  journal.grow(2)
  expect(await seqs()).toEqual([1, 2, 3])
  expect(log.all('request')).toMatchObject([{ op: 'log', path: '', verdict: 'logged' }])
})

test('of nothing is one empty page', async () => {
  expect((await ask().ended()).all('LOGGED')).toEqual([{ operations: [] }])
})

test('tells only later ones, only the last ones, and only those of a folder', async () => {
  journal.append({ change: mkdir('f/a') })
  journal.append({ change: mkdir('fa') })
  journal.append({ change: mkdir('f/b') })
  commit(1)
  expect(await seqs({ sinceSeq: 2 })).toEqual([3, 4])
  expect(await seqs({ sinceSeq: 9 })).toEqual([])
  expect(await seqs({ last: 2 })).toEqual([3, 4])
  expect(await seqs({ path: parsePath('f') })).toEqual([1, 3])
})

test('leaves out what was abandoned', async () => {
  commit(2)
  journal.append({ change: { type: 'abandoned', abandonedSeq: 2, reason: 'too few' } })
  commit(1)
  expect(await seqs()).toEqual([1, 4])
})

test('a reader that takes nothing gets no more than its credit, little more is read, and the rest when it reads', async () => {
  commit(60_000)
  const answer = ask({}, { isReading: false })
  await answer.until(({ bytesHeard }) => bytesHeard > 500_000, 'operations')
  await turns(200)
  expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
  expect(journal.recordsRead).toBeLessThan(50_000)
  answer.read()
  await answer.ended()
  expect(seqsOf(answer)).toEqual(Array.from({ length: 60_000 }, (_, at) => at + 1))
})

test('an answer that is cancelled in the middle is read no further', async () => {
  commit(60_000)
  const answer = ask({}, { isReading: false })
  await answer.until(({ bytesHeard }) => bytesHeard > 500_000, 'operations')
  answer.stream.cancel()
  await until(() => log.all('request').length === 1, 'the end')
  expect(journal.recordsRead).toBeLessThan(50_000)
})

test('a journal that takes long to be read leaves the others their turns', async () => {
  commit(5_000)
  const { readAfter } = journal
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const readIn: number[] = []
  journal.readAfter = (...asked) => {
    readIn.push(turn)
    time.passAtOnce(10)
    return readAfter.apply(journal, asked)
  }
  expect(await seqs({ path: parsePath('nothing') })).toEqual([])
  isOver = true
  expect(readIn).toHaveLength(5)
  expect(new Set(readIn).size).toBe(5)
})

test('a journal that cannot be read is the answer', async () => {
  commit(1)
  journal.readAfter = () => {
    throw new ConcurError('IO_ERROR', 'record 1 is damaged')
  }
  expect((await ask().ended()).error).toMatchObject({ code: 'IO_ERROR', message: 'record 1 is damaged' })
  expect(log.all('request')).toMatchObject([{ code: 'IO_ERROR' }])
})

describe('who follows', () => {
  const following = async (options: Partial<BodyOf<'LOG'>> = {}, how = {}): Promise<Answer> => {
    const answer = ask({ follow: true, ...options }, how)
    await until(() => listeners.size === 1, 'the following')
    await turns(20)
    return answer
  }
  const untilTold = (answer: Answer, seqs: number[]) =>
    answer.until(() => seqsOf(answer).length >= seqs.length, `operations ${seqs}`)

  test('is told what there is, and then each operation when it is committed', async () => {
    commit(2)
    const answer = await following()
    expect(seqsOf(answer)).toEqual([1, 2])
    journal.grow(1)
    for (const onNews of [...listeners]) onNews()
    await turns(20)
    expect(seqsOf(answer)).toEqual([1, 2])
    commit(1)
    await untilTold(answer, [1, 2, 3, 4])
    expect(seqsOf(answer)).toEqual([1, 2, 3, 4])
    expect(answer.isFinished).toBe(false)
  })

  test('begins with the last ones, and is told all that come then', async () => {
    commit(5)
    const answer = await following({ last: 2 })
    commit(3)
    await untilTold(answer, [4, 5, 6, 7, 8])
    expect(seqsOf(answer)).toEqual([4, 5, 6, 7, 8])
  })

  test('from a seq that is still to come is told nothing before that', async () => {
    commit(2)
    const answer = await following({ sinceSeq: 4 })
    commit(1)
    await turns(20)
    commit(2)
    await untilTold(answer, [5])
    expect(seqsOf(answer)).toEqual([5])
  })

  test('is told what was committed while it was told what there is', async () => {
    commit(20_000)
    const answer = ask({ follow: true }, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > 500_000, 'operations')
    commit(2)
    answer.read()
    await untilTold(answer, Array(20_002).fill(0))
    expect(seqsOf(answer)).toEqual(Array.from({ length: 20_002 }, (_, at) => at + 1))
  })

  test('hears that the coordinator is there while nothing happens', async () => {
    const answer = await following()
    await time.pass(3_000)
    expect(answer.all('PROGRESS').length).toBeGreaterThanOrEqual(4)
  })

  test.each([
    ['has heard all that there is', {}, 2],
    ['does not read', { isReading: false }, 20_000],
  ])('and %s is let go of when it cancels', async (_, how, count) => {
    commit(count)
    const answer = await following({}, how)
    answer.stream.cancel()
    await until(() => listeners.size === 0, 'the end of the following')
    expect(log.all('request')).toMatchObject([{ op: 'log', verdict: 'logged' }])
  })

  test('is let go of when its connection is lost', async () => {
    await following()
    served.close()
    await until(() => listeners.size === 0, 'the end of the following')
  })

  test('hears of a journal that cannot be read any more, and is let go of', async () => {
    const answer = await following()
    journal.readAfter = () => {
      throw new ConcurError('IO_ERROR', 'record 1 is damaged')
    }
    commit(1)
    expect((await answer.ended()).error).toMatchObject({ code: 'IO_ERROR' })
    expect(listeners.size).toBe(0)
  })
})
