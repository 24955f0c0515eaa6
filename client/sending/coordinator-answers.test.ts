import { FakeTime } from '../../fixtures/fake-time.ts'
import { serve } from '../../fixtures/served.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { CoordinatorStatus } from '../../protocol/messages.ts'
import type { Stream } from '../../protocol/stream.ts'
import { coordinatorAnswers } from './coordinator-answers.ts'

const silenceMs = 2_000

async function answers(onStatus: (stream: Stream) => void, passMs = 0): Promise<boolean> {
  const time = new FakeTime()
  const served = await serve(time, (_, stream) => onStatus(stream))
  const answer = coordinatorAnswers(served.peer.connection, { timers: time, silenceMs })
  await time.pass(passMs)
  const found = await answer
  served.close()
  return found
}

const saying = (state: CoordinatorStatus['state']) => (stream: Stream) => {
  const nothing = { seq: null, epoch: null, files: null, bytes: null, diskFreeBytes: null }
  const coordinator = { name: 'server1', address: '', state, reason: null, ...nothing } as never
  stream.send('STATUS_IS', { coordinator, replicas: [] }, true)
}

test.each([
  ['serving', true],
  ['refusing-changes', true],
  ['down', false],
] as const)('a server that says that the coordinator is %s: %p', async (state, expected) => {
  expect(await answers(saying(state))).toBe(expected)
})

test('a server that refuses to say, or says nothing, is no coordinator’s word', async () => {
  expect(await answers(stream => stream.fail(new ConcurError('BUSY', 'too many')))).toBe(false)
  expect(await answers(() => {}, 3_000)).toBe(false)
})
