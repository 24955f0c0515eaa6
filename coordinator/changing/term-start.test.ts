import { FakeTime } from '../../fixtures/fake-time.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Incarnation, NodeName } from '../../protocol/ids.ts'
import type { Epoch } from '../../protocol/record.ts'
import { TermStart } from './term-start.ts'

const epoch: Epoch = { number: 3, incarnation: 'a'.repeat(32) as Incarnation }
const full = new ConcurError('NO_SPACE', 'no space is left for the journal')

function scripted() {
  const time = new FakeTime()
  const written: Epoch[] = []
  const start = new TermStart({
    ledger: { begin: epoch => void written.push(epoch) },
    timers: time,
    members: () => [{ name: 'server1' as NodeName, nodeId: null }],
  })
  return { time, written, start }
}

test('a term is written once', async () => {
  const { time, written, start } = scripted()
  start.begin(epoch)
  await time.pass(10_000)
  expect([written, start.hindrance]).toEqual([[epoch], null])
})

test('a term that a full disk takes back is written again, as the same one, until there is space', async () => {
  const { time, written, start } = scripted()
  start.begin(epoch)
  expect([start.takenBack(full), start.hindrance]).toEqual([true, full])
  await time.pass(1_000)
  // Once for each record that was to follow it.
  for (let n = 0; n < 3; n++) expect(start.takenBack(full)).toBe(true)
  await time.pass(1_000)
  await time.pass(10_000)
  expect(written).toEqual([epoch, epoch, epoch])
})

test('a term that is taken back for anything else is not written again', async () => {
  const { time, written, start } = scripted()
  start.begin(epoch)
  expect(start.takenBack(new ConcurError('IO_ERROR', 'the journal cannot be written any more'))).toBe(false)
  await time.pass(10_000)
  expect(written).toEqual([epoch])
})

test('a coordinator that stops writes no term', async () => {
  const { time, written, start } = scripted()
  start.begin(epoch)
  start.takenBack(full)
  start.close()
  await time.pass(10_000)
  expect([written, time.timerCount]).toEqual([[epoch], 0])
})
