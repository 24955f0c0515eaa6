/** How a term begins: what is heard of the replicas, and what number follows from it. */
import { FakeTime } from '../fixtures/fake-time.ts'
import type { JournalIs } from '../protocol/change-messages.ts'
import type { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Incarnation, NodeName } from '../protocol/ids.ts'
import { askJournal, nextEpochNumber } from './term.ts'

const epoch = (number: number) => ({ number, incarnation: 'a'.repeat(32) as Incarnation })
const heard = (journal: Partial<JournalIs>) => ({
  node: 'server2' as NodeName,
  journal: { epoch: null, lastSeq: 0, committedSeq: 0, hash: null, ...journal },
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
