import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { FilePath } from '../protocol/path.ts'
import { MergedByPath } from './merge-by-path.ts'

interface Told {
  readonly path: FilePath
  readonly n: number
}

const told = (path: string, n: number): Told => ({ path: path as FilePath, n })
const long = Array.from({ length: 15 }, () => 'p'.repeat(250)).join('/')

let closed: string[]
beforeEach(() => {
  closed = []
})

function telling(name: string, pages: readonly (readonly Told[] | Error)[]) {
  async function* given(): AsyncGenerator<readonly Told[]> {
    try {
      for (const page of pages) {
        if (page instanceof Error) throw page
        yield page
      }
    } finally {
      closed.push(name)
    }
  }
  return { node: name as NodeName, pages: given() }
}

async function all(merged: MergedByPath<Told>): Promise<unknown[]> {
  const found: unknown[] = []
  for (let next = await merged.next(); next !== null; next = await merged.next())
    found.push([next.path, ...next.by.map(({ node, told }) => [node, ...told.map(({ n }) => n)])])
  return found
}

test('each path comes once, with what each node told of it, across pages', async () => {
  const merged = new MergedByPath([
    telling('server1', [[told('a', 1), told('b', 2)], [], [told('b', 3), told('d', 4)]]),
    telling('server2', [[told('b', 5)], [told('c', 6)]]),
    telling('server3', []),
  ])
  expect(await all(merged)).toEqual([
    ['a', ['server1', 1]],
    ['b', ['server1', 2, 3], ['server2', 5]],
    ['c', ['server2', 6]],
    ['d', ['server1', 4]],
  ])
  expect(merged.unreachable()).toEqual([])
})

test('very long paths come first, on every node', async () => {
  const merged = new MergedByPath([
    telling('server1', [[told(long, 1), told('a', 2)]]),
    telling('server2', [[told(long, 3)]]),
  ])
  expect(await all(merged)).toEqual([
    [long, ['server1', 1], ['server2', 3]],
    ['a', ['server1', 2]],
  ])
})

test('a node that fails is named, and what it had told counts', async () => {
  const merged = new MergedByPath([
    telling('server1', [[told('a', 1)], [told('c', 2)]]),
    telling('server2', [[told('b', 3)], new ConcurError('UNREACHABLE', 'server2 is not connected')]),
  ])
  expect(await all(merged)).toEqual([
    ['a', ['server1', 1]],
    ['b', ['server2', 3]],
    ['c', ['server1', 2]],
  ])
  expect(merged.unreachable()).toEqual([{ node: 'server2', reason: 'is not connected', behindOps: null }])
})

test('who has enough lets go of every node', async () => {
  const merged = new MergedByPath([
    telling('server1', [[told('a', 1)], [told('b', 2)]]),
    telling('server2', [[told('a', 3)]]),
  ])
  await merged.next()
  await merged.close()
  expect(closed.sort()).toEqual(['server1', 'server2'])
})
