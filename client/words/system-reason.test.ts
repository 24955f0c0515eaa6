import { ConcurError } from '../../protocol/errors.ts'
import { systemCode, systemReason } from './system-reason.ts'
import { tellable } from './tellable.ts'

const failed = (code: string, errno: number) => Object.assign(new Error(`${code}: a call`), { code, errno })

test('a failed call is told in the system’s words, without its name', () => {
  expect(systemReason(failed('EACCES', -13))).toBe('permission denied')
  expect(systemCode(failed('EACCES', -13))).toBe('EACCES')
})

test.each<[unknown, string, string | null]>([
  [new Error('something else'), 'something else', null],
  [failed('ENEW', -9_999), 'ENEW: a call', 'ENEW'],
  [{ message: 'of another realm', code: 'EIO' }, 'of another realm', 'EIO'],
  ['a text', 'a text', null],
  [null, 'null', null],
  [undefined, 'undefined', null],
])('%p is told as %s', (error, reason, code) => {
  expect([systemReason(error), systemCode(error)]).toEqual([reason, code])
})

describe('whatever was thrown can be told', () => {
  test('an error with a code as it is', () => {
    const error = new ConcurError('CHANGED', 'it moved')
    expect(tellable(error)).toBe(error)
  })

  test.each<[unknown, string, string]>([
    [failed('ENOSPC', -28), 'NO_SPACE', 'no space left on device'],
    [failed('EDQUOT', -122), 'NO_SPACE', 'EDQUOT: a call'],
    [failed('EACCES', -13), 'IO_ERROR', 'permission denied'],
    [new Error('a mistake'), 'INTERNAL', 'an error inside the client: a mistake'],
    ['a text', 'INTERNAL', 'an error inside the client: a text'],
  ])('%p as %s', (error, code, message) => {
    expect(tellable(error)).toMatchObject({ code, message })
  })
})
