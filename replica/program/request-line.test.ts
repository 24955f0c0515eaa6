import { RecordedLog } from '../../fixtures/cluster-node.ts'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { beginRequestLine, failure } from './request-line.ts'

test('a request is one line at its end: who, what, which path, what came of it, and how long it took', () => {
  const time = new FakeTime()
  const log = new RecordedLog()
  const endLine = beginRequestLine({ client: 'anna@home' as ClientId, clock: time, log }, 'read', 'a.txt')
  time.passAtOnce(12)
  time.jumpWallClock(-60_000)
  expect(log.lines).toEqual([])
  endLine({ verdict: 'SINGLE_FILE' })
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'request',
      fields: { client: 'anna@home', op: 'read', path: 'a.txt', verdict: 'SINGLE_FILE', ms: 12 },
    },
  ])
})

test('a failure is its code; the cause of one that has none goes into the log', () => {
  const mistake = new TypeError('x is not a function')
  expect(failure(new ConcurError('NOT_FOUND', 'not there'))).toEqual({ code: 'NOT_FOUND' })
  expect(failure(mistake)).toEqual({ code: 'INTERNAL', err: mistake })
})

test('what a peer calls a mistake of its own fills no log, however much it says of it', () => {
  expect(failure(new ConcurError('INTERNAL', 'x'.repeat(16_000)))).toEqual({ code: 'INTERNAL' })
})

test('a mistake of ours that was given a code is told with its cause', () => {
  const mistake = new TypeError('x is not a function')
  const { err } = failure(asConcurError(mistake)) as { err: Error }
  expect(err.cause).toBe(mistake)
})
