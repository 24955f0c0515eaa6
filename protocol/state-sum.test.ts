import { digestOf } from './digest.ts'
import { parsePath } from './path.ts'
import { StateSumming, type SummedState } from './state-sum.ts'
import { bucketOf, bucketsToCompare } from './tree-sum.ts'

const { digest } = digestOf(Buffer.from('a'))
const other = digestOf(Buffer.from('b')).digest

function sumOf(rows: Record<string, SummedState>, order: (paths: string[]) => string[] = paths => paths) {
  const summing = new StateSumming()
  for (const path of order(Object.keys(rows))) summing.add(parsePath(path), rows[path]!)
  return summing.finish()
}

const rows: Record<string, SummedState> = {
  a: { seq: 1, is: 'file', digest },
  'b/c': { seq: 2, is: 'folder' },
  d: { seq: 3, is: 'absent' },
  e: { seq: 4, is: 'file', digest: null },
}

test('sums do not depend on the order of rows', () => {
  expect(sumOf(rows, paths => paths.reverse())).toEqual(sumOf(rows))
  expect(sumOf(rows).files).toBe(4)
})

test('an index without rows has no sums', () => {
  expect(sumOf({})).toEqual({ files: 0, bytes: 0, sums: [], open: [] })
})

test.each<[string, SummedState]>([
  ['a', { seq: 1, is: 'file', digest: other }],
  ['a', { seq: 9, is: 'file', digest }],
  ['a', { seq: 1, is: 'file', digest: null }],
  ['a', { seq: 1, is: 'absent' }],
  ['d', { seq: 3, is: 'folder' }],
  ['new', { seq: 5, is: 'absent' }],
])('a path that is another differs in its bucket alone: %s %j', (path, state) => {
  const differing = bucketsToCompare([sumOf(rows), sumOf({ ...rows, [path]: state })])
  expect([...differing]).toEqual([bucketOf(parsePath(path))])
})
