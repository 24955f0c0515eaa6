import { newStat } from '../disk.ts'
import { isClosed } from './closed.ts'

const whom = { user: 1000, groups: [1000, 50] }
const root = { user: 0, groups: [0] }

const cases: [string, Partial<ReturnType<typeof newStat>>, boolean][] = [
  ['its own file that it may read', { kind: 'file', mode: 0o600, owner: 1000, group: 1000 }, false],
  ['its own file that it may not read', { kind: 'file', mode: 0o044, owner: 1000, group: 1000 }, true],
  ['a file of its group', { kind: 'file', mode: 0o640, owner: 7, group: 50 }, false],
  [
    'a file that its group may not read, though others may',
    { kind: 'file', mode: 0o604, owner: 7, group: 50 },
    true,
  ],
  ['another one’s file that all may read', { kind: 'file', mode: 0o644, owner: 7, group: 7 }, false],
  ['another one’s file', { kind: 'file', mode: 0o600, owner: 7, group: 7 }, true],
  ['its own folder', { kind: 'folder', mode: 0o700, owner: 1000, group: 1000 }, false],
  ['a folder in which it may change nothing', { kind: 'folder', mode: 0o755, owner: 7, group: 7 }, true],
  ['its own folder that it may not enter', { kind: 'folder', mode: 0o600, owner: 1000, group: 1000 }, true],
  ['a link', { kind: 'link', mode: 0o000, owner: 7, group: 7 }, false],
]

test.each(cases)('%s', (_, stat, expected) => {
  expect(isClosed({ ...newStat(), ...stat }, whom)).toBe(expected)
})

test('root may do everything', () => {
  for (const [, stat] of cases) expect(isClosed({ ...newStat(), ...stat }, root)).toBe(false)
})
