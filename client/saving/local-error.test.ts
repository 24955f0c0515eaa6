import { ConcurError } from '../../protocol/errors.ts'
import { localError } from './local-error.ts'

const failed = (code: string, errno: number) => Object.assign(new Error(`${code}: write`), { code, errno })

test.each([
  ['ENOSPC', -28, 'NO_SPACE', 'no space left on device'],
  ['EDQUOT', -122, 'NO_SPACE', 'EDQUOT: write'],
  ['EACCES', -13, 'IO_ERROR', 'permission denied'],
  ['EIO', -5, 'IO_ERROR', 'i/o error'],
])('%s is told as what it is', (code, errno, expected, reason) => {
  expect(localError(failed(code, errno), 'a.txt')).toMatchObject({
    code: expected,
    message: `cannot be saved as a.txt: ${reason}`,
  })
})

test('what is told already is told as it is', () => {
  const error = new ConcurError('CHANGED', 'it moved')
  expect(localError(error, 'a.txt')).toBe(error)
})
