import type { ClientId } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { LockChange } from '../../protocol/record.ts'
import { type LockRecord, LockTable } from './lock-table.ts'

const [ann, bob] = ['ann@laptop', 'bob@desk'] as ClientId[]
const at = parsePath
const from = '192.168.1.7'

let table: LockTable
beforeEach(() => {
  table = new LockTable({ keptMax: 3 })
})

const record = (seq: number, client: ClientId | null, change: LockChange): LockRecord => ({
  ...{ seq, timeMs: 1_000 * seq, client, change },
})

const locked = (seq: number, path: string, holder = ann!, token: number | null = null): LockRecord =>
  record(seq, holder, {
    type: 'lock',
    lockedPath: at(path),
    ...{ holder, ttlMs: 60_000, token, sinceMs: 1_000 * (token ?? seq), from },
  })

const ended = (
  seq: number,
  path: string,
  token: number,
  how: 'released' | 'expired' | 'stolen' = 'released',
  client: ClientId | null = how === 'expired' ? null : how === 'stolen' ? bob! : ann!,
): LockRecord => record(seq, client, { type: 'unlock', lockedPath: at(path), token, how, from })

const take = (one: LockRecord, nowMs = 0) => table.take(one, nowMs)
const tokenOf = (path: string, below = false) => table.newestOf(at(path), below)?.token ?? null
const holderOf = (path: string) => table.leaseOf(at(path))?.holder ?? null

test('a grant makes a lease of its seq, and its end leaves the token', () => {
  take(locked(5, 'a'), 100)
  expect(table.leaseOf(at('a'))).toEqual({
    ...{ path: 'a', holder: ann, token: 5, ttlMs: 60_000, sinceMs: 5_000, from },
    ...{ recordSeq: 5, endsAtMs: 60_100 },
  })
  take(ended(6, 'a', 5))
  expect([holderOf('a'), tokenOf('a')]).toEqual([null, 5])
})

test('a renewal keeps the token and the beginning, and lasts longer', () => {
  take(locked(5, 'a'))
  take(locked(9, 'a', ann, 5), 40_000)
  expect(table.leaseOf(at('a'))).toMatchObject({
    ...{ token: 5, sinceMs: 5_000, recordSeq: 9, endsAtMs: 100_000 },
  })
  expect(tokenOf('a')).toBe(5)
})

test('the end of an earlier lock does not end a later one', () => {
  take(locked(5, 'a'))
  take(ended(6, 'a', 5, 'expired'))
  take(locked(7, 'a', bob))
  take(ended(8, 'a', 5))
  expect([holderOf('a'), tokenOf('a')]).toEqual([bob, 7])
})

test('a theft is newer than the lock that it ends, and is known until its victim locks or unlocks', () => {
  take(locked(5, 'a'))
  take(ended(6, 'a', 5, 'stolen'))
  expect([holderOf('a'), tokenOf('a'), table.stolenFrom(at('a'), ann!, false)]).toEqual([null, 6, 5])
  expect(table.stolenFrom(at('a'), bob!, false)).toBeNull()
  expect(table.stolenFrom(at('a/b'), ann!, false)).toBe(5)
  take(locked(7, 'a', bob))
  take(ended(8, 'a', 7, 'expired'))
  expect(table.stolenFrom(at('a'), ann!, false)).toBe(5)
  take(locked(9, 'a', ann))
  expect(table.stolenFrom(at('a'), ann!, false)).toBeNull()
  take(ended(10, 'a', 9, 'stolen'))
  take(ended(11, 'a', 9, 'released'))
  expect(table.stolenFrom(at('a'), ann!, false)).toBeNull()
})

test('a lease covers what is below it; what is below is in the way of a folder', () => {
  take(locked(5, 'docs'))
  take(locked(6, 'other/a'))
  const holderInTheWay = (path: string, below: boolean, client = bob!) =>
    table.inTheWay(at(path), client, below)?.path ?? null
  expect(holderInTheWay('docs', false)).toBe('docs')
  expect(holderInTheWay('docs/a/b', false)).toBe('docs')
  expect(holderInTheWay('docs2', true)).toBeNull()
  expect(holderInTheWay('other', false)).toBeNull()
  expect(holderInTheWay('other', true)).toBe('other/a')
  expect(holderInTheWay('docs/a', true, ann)).toBeNull()
  expect(table.covering(at('docs/a'))?.path).toBe('docs')
  expect(table.covering(at('other'))).toBeNull()
  expect([tokenOf('docs/a'), tokenOf('other'), tokenOf('other', true)]).toEqual([5, null, 6])
})

test('what is undone was never there', () => {
  take(locked(5, 'a'))
  const end = take(ended(6, 'a', 5, 'stolen'))
  table.undo(end)
  expect([holderOf('a'), tokenOf('a'), table.stolenFrom(at('a'), ann!, false)]).toEqual([ann, 5, null])
  const grant = take(locked(7, 'b', bob))
  table.undo(grant)
  expect([holderOf('b'), tokenOf('b')]).toEqual([null, null])
})

test.each([[[0, 1]], [[1, 0]]])('several that are undone, in the order %j, leave what was before', order => {
  take(locked(5, 'a'))
  const taken = [take(ended(6, 'a', 5)), take(locked(7, 'a', bob))]
  for (const one of order) table.undo(taken[one]!)
  expect([holderOf('a'), tokenOf('a')]).toEqual([ann, 5])
})

test('what is settled is not undone with what came behind it', () => {
  const first = take(locked(5, 'a'))
  table.settle(first)
  table.undo(take(ended(6, 'a', 5)))
  expect(holderOf('a')).toBe(ann)
})

test('every lease lasts as long as it was granted for, from a start on', () => {
  table.restart(0, [locked(5, 'a'), locked(6, 'b', bob), ended(7, 'b', 6, 'released', bob)])
  table.renewAll(500)
  expect([...table.leases].map(({ path, endsAtMs }) => [path, endsAtMs])).toEqual([['a', 60_500]])
  expect(table.leaseCount).toBe(1)
})

test('of paths that nobody holds so many are known, and the floor says up to which token some are not', () => {
  take(locked(1, 'held'))
  for (const [at, path] of ['a', 'b', 'c', 'd'].entries()) {
    take(locked(10 + 2 * at, path))
    take(ended(11 + 2 * at, path, 10 + 2 * at))
  }
  expect(['held', 'a', 'b', 'c', 'd'].map(path => tokenOf(path))).toEqual([1, null, 12, 14, 16])
  expect(table.floor).toBe(10)
})

test('an end whose grant is not known any more leaves its token', () => {
  table.restart(8, [ended(9, 'a', 5, 'expired')])
  expect([holderOf('a'), tokenOf('a')]).toEqual([null, 5])
})
