import { heldReason, isTooMuch } from './guard.ts'

test.each([
  [100, 60, 0, 0, true],
  [100, 31, 19, 0, true],
  // 49 files are nobody's disaster, however few there are.
  [49, 49, 0, 0, false],
  [50, 50, 0, 0, true],
  // Of many files, more than thirty in a hundred.
  [1000, 300, 0, 0, false],
  [1000, 301, 0, 0, true],
  [1000, 0, 301, 0, true],
  // What was so before does not count.
  [1000, 400, 0, 100, false],
  [1000, 400, 1, 100, true],
  [100, 60, 0, 60, false],
  // It got better.
  [100, 10, 0, 60, false],
  [0, 0, 0, 0, false],
])(
  'of %d files %d missing and %d changed, %d of them before: too much is %s',
  (files, missing, changed, before, said) => {
    expect(isTooMuch({ files, missing, changed }, before)).toBe(said)
  },
)

test('the reason has the counts and what to do', () => {
  expect(heldReason({ files: 100, missing: 58, changed: 12 }, 10)).toBe(
    '60 of 100 files vanished or changed on this disk since the scan before (58 are missing, 12 are changed): ' +
      'the copy stays as it is, and nothing is mended by it; ' +
      'put the files back, or start this server once with --recheck if it was meant',
  )
  expect(heldReason({ files: 100, missing: 0, changed: 60 }, 0)).toContain('(60 are changed)')
})
