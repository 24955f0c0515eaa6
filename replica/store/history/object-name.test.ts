import { isForkTop, objectName, placeOf, seqOfTop } from './object-name.ts'

test.each([
  ['0000000000000012/a/b.txt', '0000000000000012', 'a/b.txt'],
  ['0000000000000012.3/a', '0000000000000012.3', 'a'],
  ['fork-0000000000000013-0a1b2c3d/tree/a/b', 'fork-0000000000000013-0a1b2c3d/tree', 'a/b'],
  ['fork-0000000000000013-0a1b2c3d/exchange/14-0', 'fork-0000000000000013-0a1b2c3d/exchange', '14-0'],
  [
    'fork-0000000000000013-0a1b2c3d/0000000000000014/a',
    'fork-0000000000000013-0a1b2c3d/0000000000000014',
    'a',
  ],
])('%s is an object of its path', (name, top, path) => {
  const place = placeOf(name)!
  expect(place).toEqual({ top, path })
  expect(objectName(place)).toBe(name)
})

test.each([
  '0000000000000012',
  '0000000000000012/.concur',
  '0000000000000012/.CONCUR/x',
  'fork-0000000000000013-0a1b2c3d/0000000000000014/.concur',
  'fork-0000000000000013-0a1b2c3d/tree',
  'mine/a',
  '12/a',
  '',
])('%p is an object of no path', name => {
  expect(placeOf(name)).toBeNull()
})

test('a top tells the record that it is called after', () => {
  expect(['0000000000000012', '0000000000000012.7', 'x', '12', '9'.repeat(20)].map(seqOfTop)).toEqual([
    12,
    12,
    null,
    null,
    null,
  ])
  expect(['fork-0000000000000013-0a1b2c3d', 'fork-x', '0000000000000012'].map(isForkTop)).toEqual([
    true,
    false,
    false,
  ])
})
