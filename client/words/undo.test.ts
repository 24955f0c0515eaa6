import type { Done } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Wish } from '../sending/wish.ts'
import { undoOf } from './undo.ts'

const [a, b] = ['a', 'docs/b'] as FilePath[]
const digest = `b3:${'1'.repeat(64)}` as Digest

function done(replaced = 0): Done {
  const gaveWay = { node: 'server1' as NodeName, digest, cause: null }
  return {
    op: { epoch: 1, seq: 812, type: 'put', path: a! },
    ...{ digest: null, size: 0, applied: [], behind: [], kept: [], of: 2, error: null, outcome: 'committed' },
    replaced: Array.from({ length: replaced }, () => gaveWay),
  }
}

const undone = (what: Wish['what'], of = done()) => undoOf({ what }, of)

test.each<[Wish['what']]>([
  [{ type: 'put', path: a!, executable: null }],
  [{ type: 'append', path: a!, create: true }],
  [{ type: 'delete', path: a!, recursive: false, force: false }],
  [{ type: 'restore', path: a!, at: 3, digest, size: null }],
  [{ type: 'resolve', path: a!, node: null, from: null, executable: null, amongMany: false }],
])('%j is undone by what brings back what was there before', what => {
  expect(undone(what)).toBe('concur restore a --at 811')
})

test('a new folder is undone by its delete', () => {
  expect(undone({ type: 'mkdir', path: b!, parents: true })).toBe('concur rm -r docs/b')
})

test('a rename is undone by the way back, and what gave way for it comes back behind that', () => {
  const rename = { type: 'rename', from: a!, to: b!, force: true } as const
  expect(undone(rename)).toBe('concur mv docs/b a')
  expect(undone(rename, done(1))).toBe('concur mv docs/b a && concur restore docs/b --at 811')
})

test('where nothing was changed there is nothing to undo', () => {
  expect(undone({ type: 'put', path: a!, executable: null }, { ...done(), op: null })).toBeNull()
})

test.each([
  ['my file', "concur restore 'my file' --at 811"],
  ["it's", "concur restore 'it'\\''s' --at 811"],
  ['$(reboot)', "concur restore '$(reboot)' --at 811"],
  ['-r', 'concur restore --at 811 -- -r'],
  ['~', "concur restore '~' --at 811"],
  ['ä', "concur restore 'ä' --at 811"],
])('the path %s stands there as a shell has to be told it', (path, line) => {
  expect(undone({ type: 'put', path: path as FilePath, executable: null })).toBe(line)
})
