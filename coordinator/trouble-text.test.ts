import type { NodeName } from '../protocol/ids.ts'
import { silentText, troubleOf } from './trouble-text.ts'

const server2 = 'server2' as NodeName

test('an error that begins with the node’s name says it no second time behind that', () => {
  const said = (message: string) => troubleOf(server2, { code: 'UNREACHABLE', message })
  expect(said('server2 did not answer within 2 s')).toBe('did not answer within 2 s')
  expect(said('server2: no space is left')).toBe('no space is left')
  expect(said('server20 is another one')).toBe('server20 is another one')
})

test('a full disk is told with its code', () => {
  const error = { code: 'NO_SPACE', message: 'server2: no space is left' } as const
  expect(troubleOf(server2, error)).toBe('NO_SPACE: no space is left')
})

test('a silence is told in seconds', () => {
  expect([4_772, 9_000].map(silentText)).toEqual(['silent for 4.8 s', 'silent for 9 s'])
})
