import { FakeTime } from '../../fixtures/fake-time.ts'
import { failedAddressesMax, failedProofPauseMs } from '../../protocol/limits.ts'
import { FailedProofs } from './failed-proofs.ts'

let time: FakeTime
let failures: FailedProofs

beforeEach(() => {
  time = new FakeTime()
  failures = new FailedProofs(time)
})

const fail = (host: string, times: number) => {
  for (let i = 0; i < times; i++) failures.note(host)
}

test('five failures within a minute slow an address down, and no other', () => {
  fail('192.0.2.1', 4)
  expect(failures.pauseMs('192.0.2.1')).toBe(0)
  fail('192.0.2.1', 1)
  expect(failures.pauseMs('192.0.2.1')).toBe(failedProofPauseMs)
  expect(failures.pauseMs('192.0.2.2')).toBe(0)
})

test('a minute without a failure sets it free', () => {
  fail('192.0.2.1', 9)
  time.passAtOnce(59_999)
  expect(failures.pauseMs('192.0.2.1')).toBe(failedProofPauseMs)
  time.passAtOnce(1)
  expect(failures.pauseMs('192.0.2.1')).toBe(0)
})

test('of more addresses than are remembered, those that failed longest ago are forgotten', () => {
  fail('first', 5)
  for (let i = 0; i < failedAddressesMax - 1; i++) fail(`10.${i}`, 1)
  expect(failures.pauseMs('first')).toBe(failedProofPauseMs)
  fail('one more', 1)
  expect(failures.pauseMs('first')).toBe(0)
})
