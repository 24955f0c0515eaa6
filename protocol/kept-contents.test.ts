import { type Digest, digestOf } from './digest.ts'
import type { HadContent } from './history-messages.ts'
import type { NodeName } from './ids.ts'
import { keptContents } from './kept-contents.ts'
import { parsePath } from './path.ts'

const path = parsePath('a')
const nowMs = 1_000_000
const digest = (content: string): Digest => digestOf(Buffer.from(content)).digest
const had = (content: string, said: Partial<HadContent> = {}): HadContent => ({
  ...{ path, digest: digest(content), size: content.length, seq: null, timeMs: 0, type: null },
  ...{ isCurrent: false, leftMs: 10, ...said },
})
const merged = (...nodes: HadContent[][]) =>
  keptContents(
    nodes.map((contents, at) => ({ node: `server${at + 1}` as NodeName, contents })),
    nowMs,
  )

test('one content of several nodes is one row, with all of them', () => {
  const row = { seq: 3, type: 'put' as const, timeMs: 7 }
  expect(merged([had('x', row)], [], [had('x', row)])).toEqual([
    {
      ...{ path, digest: digest('x'), size: 1, ...row, isCurrent: false },
      ...{ nodes: ['server1', 'server3'], untilMs: nowMs + 10 },
    },
  ])
})

test('it is there as long as on the node that keeps it longest, and without end where one sets none', () => {
  expect(merged([had('x')], [had('x', { leftMs: 30 })])[0]!.untilMs).toBe(nowMs + 30)
  expect(merged([had('x')], [had('x', { leftMs: null })])[0]!.untilMs).toBeNull()
})

test('it is current where it is so anywhere', () => {
  expect(merged([had('x')], [had('x', { isCurrent: true, leftMs: null })])[0]!.isCurrent).toBe(true)
})

test('what one node does not know of its operation another may know', () => {
  const known = { seq: 3, type: 'put' as const, timeMs: 7 }
  expect(merged([had('x', { timeMs: 1 })], [had('x', known)])[0]).toMatchObject(known)
  expect(merged([had('x', known)], [had('x', { timeMs: 1 })])[0]).toMatchObject(known)
  expect(merged([had('x', { seq: 3, timeMs: 1 })], [had('x', known)])[0]).toMatchObject(known)
})

test('they come by their operations, whatever clocks said, and others by their time among them', () => {
  const rows = merged([
    had('third', { seq: 9, timeMs: 50 }),
    had('first', { seq: 3, timeMs: 100 }),
    had('edit', { timeMs: 60 }),
    had('old', { timeMs: 10 }),
    had('last', { timeMs: 200 }),
  ])
  const names = ['first', 'third', 'edit', 'old', 'last']
  expect(rows.map(row => names.find(name => digest(name) === row.digest))).toEqual([
    'old',
    'first',
    'third',
    'edit',
    'last',
  ])
})
