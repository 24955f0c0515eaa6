import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Detail } from '../protocol/messages.ts'
import { type FolderPath, parsePath, wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { Timers } from '../protocol/world.ts'
import { onWait } from './on-wait.ts'

const folder = parsePath('folder')
const server2: Detail = { node: 'server2' as NodeName, reason: 'is catching up', behindOps: 3 }

let time: FakeTime
let log: RecordedLog
let served: Served
/** How far this node has settled, and what is committed. */
let settledSeq: number
let committedSeq: number
/** Up to where server2 has settled. */
let otherSeq: number
/** The last record below the folder; an error is thrown. */
let lastBelow: number | ConcurError
/** What was asked of the store. */
let asked: [FolderPath, number][]
let listeners: Set<() => void>
/** Timers that were set for waits, and have neither fired nor been called off. */
let timers: Set<number>

beforeEach(async () => {
  time = new FakeTime()
  log = new RecordedLog()
  listeners = new Set()
  asked = []
  lastBelow = 5
  settledSeq = committedSeq = otherSeq = 7
  timers = new Set()
  const counted: Timers = {
    after: (ms, act) => {
      const ended = () => void timers.delete(ms)
      const callOff = time.after(ms, () => {
        ended()
        act()
      })
      timers.add(ms)
      return () => {
        ended()
        callOff()
      }
    },
    endOfTurn: act => time.endOfTurn(act),
  }
  const context = { client: null, clock: time, timers: counted, log, reports: new ProgressReports(time) }
  const store = {
    settler: {
      get settledSeq() {
        return settledSeq
      },
    },
    lastSeqBelow: async (path: FolderPath, seq: number) => {
      asked.push([path, seq])
      if (lastBelow instanceof ConcurError) throw lastBelow
      return lastBelow
    },
  }
  const changing = {
    ledger: {
      get committedSeq() {
        return committedSeq
      },
    },
    answers: { behind: (seq: number) => (otherSeq >= seq ? [] : [server2]) },
    listen: (onNews: () => void) => {
      listeners.add(onNews)
      return () => void listeners.delete(onNews)
    },
  }
  served = await serve(time, (request, stream) => {
    if (request.opcode === 'WAIT') onWait({ store, changing }, request.body, { ...context, stream })
  })
})

afterEach(() => served.close())

const ask = (path: FolderPath, timeoutMs = 5_000): Answer => served.peer.ask('WAIT', { path, timeoutMs })

async function waiting(path: FolderPath, timeoutMs?: number): Promise<Answer> {
  const answer = ask(path, timeoutMs)
  await until(() => listeners.size === 1, 'the wait')
  await turns(20)
  expect(answer.isFinished).toBe(false)
  return answer
}

function news(): void {
  for (const onNews of [...listeners]) onNews()
}

/** Nobody listens, and no timer is left. */
async function isOver(): Promise<void> {
  await until(() => listeners.size === 0, 'the end of the wait')
  expect(timers.size).toBe(0)
}

test('of the whole tree is for all that is committed when it comes, and at once where all have that', async () => {
  const answer = await ask(wholeTree).ended()
  expect(answer.only('WAITED')).toEqual({ seq: 7, behind: [] })
  expect(asked).toEqual([])
  expect(log.all('request')).toMatchObject([{ op: 'wait', path: '', verdict: 'reached' }])
  await isOver()
})

test('of a path is for the last record there, whatever came behind it', async () => {
  otherSeq = 5
  expect((await ask(folder).ended()).only('WAITED')).toEqual({ seq: 5, behind: [] })
  expect(asked).toEqual([[folder, 7]])
})

test('of a path where nothing was changed is over at once', async () => {
  lastBelow = otherSeq = 0
  expect((await ask(folder).ended()).only('WAITED')).toEqual({ seq: 0, behind: [] })
})

test('lasts until who is behind has settled it, and what is committed meanwhile does not count', async () => {
  otherSeq = 4
  const answer = await waiting(folder)
  committedSeq = 9
  news()
  await turns(20)
  expect(answer.isFinished).toBe(false)
  otherSeq = 5
  news()
  expect((await answer.ended()).only('WAITED')).toEqual({ seq: 5, behind: [] })
  await isOver()
})

test('looks for the last record of a path when this node has settled what is committed', async () => {
  settledSeq = 6
  const answer = await waiting(folder)
  expect(asked).toEqual([])
  settledSeq = 7
  news()
  expect((await answer.ended()).only('WAITED').seq).toBe(5)
})

test('says that it is worked on', async () => {
  otherSeq = 4
  const answer = await waiting(folder)
  await time.pass(2_500)
  expect(answer.all('PROGRESS').length).toBeGreaterThanOrEqual(3)
})

describe('that takes too long', () => {
  test('says who is behind', async () => {
    otherSeq = 4
    const answer = await waiting(folder)
    await time.pass(4_999)
    expect(answer.isFinished).toBe(false)
    await time.pass(1)
    expect((await answer.ended()).only('WAITED')).toEqual({ seq: 5, behind: [server2] })
    expect(log.all('request')).toMatchObject([{ verdict: 'behind' }])
    await isOver()
  })

  test('because this node itself cannot settle what is committed ends as well', async () => {
    settledSeq = otherSeq = 6
    const answer = await waiting(folder)
    await time.pass(5_000)
    expect((await answer.ended()).only('WAITED')).toEqual({ seq: 7, behind: [server2] })
    expect(asked).toEqual([])
  })

  test('with no time at all is a question', async () => {
    otherSeq = 4
    expect((await ask(folder, 0).ended()).only('WAITED')).toEqual({ seq: 5, behind: [server2] })
  })
})

describe.each([
  ['is cancelled', (answer: Answer) => answer.stream.cancel()],
  ['has lost its client', () => served.close()],
])('a wait that %s', (_, end) => {
  test.each([
    ['while a node is behind', 7],
    ['before this node has settled what is committed', 6],
  ])('%s leaves nothing, however long it was to last', async (_, settled) => {
    settledSeq = settled
    otherSeq = 4
    const answer = await waiting(folder, 86_400_000)
    end(answer)
    await isOver()
    expect(answer.messages).toEqual([])
  })
})

test('whose record cannot be found out says why, and leaves nothing', async () => {
  lastBelow = new ConcurError('IO_ERROR', 'the index cannot be read')
  const answer = await ask(folder, 86_400_000).ended()
  expect(answer.error).toMatchObject({ code: 'IO_ERROR', message: 'the index cannot be read' })
  expect(log.all('request')).toMatchObject([{ code: 'IO_ERROR' }])
  await isOver()
})
