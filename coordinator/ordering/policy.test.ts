import { tooFewFor } from './policy.ts'

test.each([
  ['available', 1, 1, true],
  ['available', 1, 5, true],
  ['quorum', 1, 1, true],
  ['quorum', 1, 2, false],
  ['quorum', 2, 2, true],
  ['quorum', 1, 3, false],
  ['quorum', 2, 3, true],
  ['quorum', 2, 4, false],
  ['quorum', 3, 4, true],
  ['quorum', 3, 5, true],
  ['all', 1, 1, true],
  ['all', 2, 3, false],
  ['all', 3, 3, true],
] as const)('with %s, %i of %i nodes are enough: %s', (ack, inSync, configured, isEnough) => {
  expect(tooFewFor(ack, inSync, configured) === null).toBe(isEnough)
})

test('a refusal says how many are needed and how many there are', () => {
  expect(tooFewFor('quorum', 1, 3)).toBe(
    '--ack quorum needs 2 of 3 nodes, and only 1 can have the change now',
  )
})
