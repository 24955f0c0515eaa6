import type { Done } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { plain } from '../words/paint.ts'
import { ChangeCount } from './change-count.ts'
import type { CommandContext } from './context.ts'
import type { WantedChange } from './make-change.ts'

const [server1, server2, server3] = ['server1', 'server2', 'server3'] as [NodeName, NodeName, NodeName]
const path = parsePath('a')
const put = { wish: { what: { type: 'put', path, executable: null } } } as WantedChange
const mkdir = { wish: { what: { type: 'mkdir', path, parents: true } } } as WantedChange

function done(seq: number | null, said: Partial<Done> = {}): { done: Done } {
  const op = seq === null ? null : { epoch: 1, seq, type: 'put' as const, path }
  return {
    done: {
      ...{ op, digest: null, size: 10, applied: [server1, server2, server3], behind: [], kept: [] },
      ...{ replaced: [], of: 3, error: null, outcome: 'committed' },
      ...said,
    },
  }
}

const behind = (node: NodeName, reason: string) => ({ node, reason, behindOps: 1 })
const counting = (strict = false) => new ChangeCount({ strict, paintOut: plain } as CommandContext, 'put')

test('files are counted with their bytes, from the first seq to the last, in whatever order they end', () => {
  const count = counting()
  for (const seq of [9, 7, 8]) count.add(put, done(seq))
  expect([count.status, count.line('photos')]).toEqual([
    0,
    'put photos/  3 files  30 B  seq 7 to 9  copies 3 of 3',
  ])
})

test('one change has one seq, and empty folders are counted by themselves', () => {
  const count = counting()
  count.add(mkdir, done(7, { size: 0 }))
  expect(count.line('photos')).toBe('put photos/  0 files  0 B  1 empty folder  seq 7  copies 3 of 3')
})

test('all of it is undone by what brings back the folder before the first', () => {
  const count = counting()
  expect(count.lines('photos')).toHaveLength(1)
  for (const seq of [9, 7, 8]) count.add(put, done(seq))
  expect(count.lines('photos')[1]).toBe('undo: concur restore photos --at 6')
})

test('what was deleted is counted', () => {
  const count = counting()
  const wish: WantedChange['wish'] = { what: { type: 'delete', path, recursive: true, force: true } }
  count.add({ ...put, wish }, done(7, { size: 0 }))
  expect(count.line('photos')).toBe('put photos/  0 files  0 B  1 deleted  seq 7  copies 3 of 3')
})

test('what was there already has no seq', () => {
  const count = counting()
  count.add(mkdir, done(null))
  expect(count.line('photos')).toBe('put photos/  0 files  0 B  1 empty folder')
})

test('the copies are those of the change that the fewest nodes have, and who was behind at all is told', () => {
  const count = counting()
  count.add(put, done(7, { applied: [server1, server2], behind: [behind(server3, 'down 3 s')] }))
  count.add(put, done(8, { applied: [server1], behind: [behind(server2, 'x'), behind(server3, 'down 4 s')] }))
  count.add(put, done(9))
  expect(count.line('photos')).toBe(
    'put photos/  3 files  30 B  seq 7 to 9  copies 1 of 3 · behind: server3 (down 4 s), server2 (x)',
  )
  expect(count.status).toBe(0)
})

test('with --strict a node that is behind makes it 2', () => {
  const count = counting(true)
  count.add(put, done(7, { behind: [behind(server3, 'x')] }))
  count.add(put, done(8))
  expect(count.status).toBe(2)
})

test('what was refused, could not be read, or came too late has failed, and counts for nothing else', () => {
  const count = counting()
  count.add(put, { error: new ConcurError('NO_SPACE', 'full') })
  count.add(put, done(8, { error: { code: 'TIMEOUT', message: 'too late' }, outcome: 'unknown' }))
  count.fail()
  count.skipped = 2
  expect([count.status, count.line('photos')]).toEqual([2, 'put photos/  0 files  0 B  3 failed  2 skipped'])
})
