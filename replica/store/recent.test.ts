import { parsePath } from '../../protocol/path.ts'
import type { DigestRecord } from './digest-index.ts'
import { Recent } from './recent.ts'

const record = (checkedAtMs: number) => ({ checkedAtMs }) as DigestRecord
const path = (number: number) => parsePath(`file-${number}`)

test('what was kept is there until it is dropped', () => {
  const recent = new Recent<DigestRecord>()
  recent.keep(path(1), record(1))
  expect(recent.get(path(1))?.checkedAtMs).toBe(1)
  recent.drop(path(1))
  expect(recent.get(path(1))).toBe(undefined)
})

test('what is asked for stays while others come, and what is not goes', () => {
  const recent = new Recent<DigestRecord>()
  for (let number = 0; number < 20_000; number++) {
    recent.keep(path(number), record(number))
    expect(recent.get(path(0))?.checkedAtMs).toBe(0)
  }
  expect(recent.get(path(1))).toBe(undefined)
})

test('what is only peeked at does not stay for it', () => {
  const recent = new Recent<DigestRecord>()
  recent.keep(path(0), record(0))
  expect(recent.peek(path(0))?.checkedAtMs).toBe(0)
  for (let number = 1; number < 20_000; number++) {
    recent.keep(path(number), record(number))
    recent.peek(path(0))
  }
  expect([recent.peek(path(0)), recent.peek(path(-1))]).toEqual([undefined, undefined])
})

test('a record that was dropped does not come back with the older generation', () => {
  const recent = new Recent<DigestRecord>()
  for (let number = 0; number < 5_000; number++) recent.keep(path(number), record(number))
  recent.drop(path(3))
  expect(recent.get(path(3))).toBe(undefined)
})
