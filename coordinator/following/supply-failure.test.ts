import { afterFailure } from './supply-failure.ts'

const cases = [
  ['here', 'NOT_FOUND', 1, 'lost', 'nobody has them'],
  ['here', 'CHANGED', 1, 'again', 'the file moved, another copy may not have'],
  ['here', 'CHANGED', 2, 'lost', 'it moved again'],
  ['here', 'IO_ERROR', 1, 'again', 'another copy may be readable'],
  ['here', 'IO_ERROR', 2, 'lost', 'it cannot be read'],
  ['here', 'UNREACHABLE', 1, 'end', 'those who may have them are away'],
  ['here', 'INTERNAL', 1, 'end', 'nothing is known about the bytes'],
  ['replica', 'NOT_FOUND', 1, 'done', 'they are not needed any more'],
  ['replica', 'BAD_DIGEST', 1, 'again', 'a block was not what its digest says'],
  ['replica', 'BAD_DIGEST', 2, 'lost', 'nor the second time'],
  ['replica', 'NO_SPACE', 1, 'end', 'its disk is full'],
  ['replica', 'IO_ERROR', 2, 'end', 'its disk fails'],
  ['replica', 'CHANGED', 1, 'end', 'that says nothing of our bytes'],
] as const

test.each(cases)('%s: %s in try %i: %s, because %s', (by, code, tries, next) => {
  expect(afterFailure({ by, code, tries })).toBe(next)
})
