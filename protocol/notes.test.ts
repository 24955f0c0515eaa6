/** What is said of versions beside their causes, and of what is left of a deleted file. */
import type { Copy, JournaledAt } from './copies.ts'
import type { Digest } from './digest.ts'
import type { ClientId, NodeName } from './ids.ts'
import type { Lag } from './journaled.ts'
import type { LoggedOperation } from './messages.ts'
import type { PathPast } from './notes.ts'
import type { FilePath } from './path.ts'
import { judge, lastOpOf, type NodeAnswer } from './verdict.ts'

const path = 'docs/plan.md' as FilePath
const digestOf = (content: string) => `b3:${Buffer.from(content).toString('hex').padEnd(64, '0')}` as Digest
const file = (content: string, rotten = false): Copy => ({
  is: 'file',
  ...{ digest: digestOf(content), size: 1, mtimeMs: 1, executable: false, checkedAtMs: 5, rotten },
})
const absent: Copy = { is: 'absent' }

const operation = (more: Partial<LoggedOperation>): LoggedOperation => ({
  ...{ epoch: 1, seq: 12, timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6), client: 'ann@laptop' as ClientId },
  ...{ type: 'delete', path, from: null, size: null, digest: null },
  ...more,
})

/** The record 9 wrote "old", 12 is what a test says. */
const past = (latest: LoggedOperation | null): PathPast => ({
  path,
  operationAt: seq => (seq === 12 ? latest : null),
  seqOf: digest => (digest === digestOf('old') ? 9 : null),
})

const written: JournaledAt = { pathSeq: 12, made: 'file', journaled: digestOf('new') }
const behind: JournaledAt = { pathSeq: 9, made: 'file', journaled: digestOf('old') }
const deleted: JournaledAt = { pathSeq: 12, made: 'absent', journaled: null }
const folder: JournaledAt = { pathSeq: 12, made: 'folder', journaled: null }

function judged(
  said: readonly (readonly [Copy, JournaledAt])[],
  { latest = operation({}), lag }: { latest?: LoggedOperation | null; lag?: Lag } = {},
) {
  const answers = said.map(
    ([copy, at], place): NodeAnswer => ({ node: `server${place + 1}` as NodeName, copy, at }),
  )
  const lags = new Map(lag === undefined ? [] : [['server2' as NodeName, lag] as const])
  return judge(answers, lags, past(latest))
}

const notes = (...judging: Parameters<typeof judged>) =>
  judged(...judging).versions.map(({ cause, note }) => [cause, note])

test('what the journal has is said to be as written, and by which record', () => {
  expect(
    notes([
      [file('new'), written],
      [file('edited'), written],
    ]),
  ).toEqual([
    [null, 'as written (seq 12)'],
    ['edited-on-disk', null],
  ])
})

test('an older content that was put back is named by the record that wrote it', () => {
  expect(
    notes([
      [file('new'), written],
      [file('old'), written],
    ])[1],
  ).toEqual(['edited-on-disk', 'equals seq 9'])
})

test('bytes that rotted into an older content say so too: the disk may have lost a write', () => {
  expect(
    notes([
      [file('new'), written],
      [file('old', true), written],
    ])[1],
  ).toEqual(['bit-rot', 'equals seq 9'])
})

test.each([
  [1, 'behind by 1 operation'],
  [3, 'behind by 3 operations'],
])('a version of a node that gets no further says how far it is behind: %d', (behindOps, note) => {
  const lag = { behindOps, isMoving: false }
  expect(
    notes(
      [
        [file('new'), written],
        [file('old'), behind],
      ],
      { lag },
    )[1],
  ).toEqual(['behind', note])
})

test('how far a node is behind that is not known to be is not said', () => {
  expect(
    notes([
      [file('new'), written],
      [file('old'), behind],
    ])[1],
  ).toEqual(['behind', null])
})

test.each<[string, Partial<LoggedOperation>, string]>([
  ['by a client', {}, 'deleted by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)'],
  ['by nobody known', { client: null }, 'deleted at 2026-01-02T03:04:05.006Z (seq 12)'],
  [
    'with its folder',
    { path: 'docs' as FilePath },
    'deleted by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)',
  ],
  ['at a time that no calendar has', { timeMs: Number.MAX_SAFE_INTEGER }, 'deleted by ann@laptop (seq 12)'],
  [
    'by a move',
    { type: 'rename', from: path, path: 'old.md' as FilePath },
    'renamed to old.md by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)',
  ],
  [
    'by a move of its folder',
    { type: 'rename', from: 'docs' as FilePath, path: 'texts' as FilePath },
    'renamed to texts/plan.md by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)',
  ],
])('a file where it was deleted says who deleted it when: %s', (_, more, note) => {
  const copies = [
    [absent, deleted],
    [file('edited'), deleted],
  ] as const
  expect(notes(copies, { latest: operation(more) })).toEqual([['edited-on-disk', note]])
})

test('an older content put back where it was deleted says both', () => {
  const [version] = judged([
    [absent, deleted],
    [file('old'), deleted],
  ]).versions
  expect(version!.note).toBe('equals seq 9, deleted by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)')
})

test('what is not in the journal any more is told by its number', () => {
  const copies = [
    [absent, deleted],
    [file('edited'), deleted],
  ] as const
  expect(notes(copies, { latest: null })).toEqual([['edited-on-disk', 'deleted (seq 12)']])
})

test('a file where a folder was made says who made it; the folder is called one', () => {
  const copies = [
    [{ is: 'folder' }, folder],
    [file('edited'), folder],
  ] as const
  expect(notes(copies, { latest: operation({ type: 'mkdir' }) })).toEqual([
    [null, 'a folder'],
    ['edited-on-disk', 'a folder was made there by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12)'],
  ])
})

test('what is no file is called by its name', () => {
  expect(
    notes([
      [file('new'), written],
      [{ is: 'other', what: 'link' }, written],
      [{ is: 'folder' }, written],
    ]),
  ).toEqual([
    [null, 'as written (seq 12)'],
    ['edited-on-disk', 'a link'],
    ['edited-on-disk', 'a folder'],
  ])
})

test('what is left of a deleted file is told with where it lies, and how to have it', () => {
  const copies = [
    [absent, deleted],
    [file('old'), behind],
  ] as const
  const stuck = { behindOps: 3, isMoving: false }
  expect(judged(copies, { lag: stuck }).error).toEqual({
    code: 'NOT_FOUND',
    message:
      'not on server1; deleted by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12); server2 is behind and still has it, ' +
      'until it moves it into its history: get --from server2 reads it',
  })
  expect(judged(copies, { lag: { ...stuck, isMoving: true } }).error!.message).toBe(
    'not on server1; deleted by ann@laptop at 2026-01-02T03:04:05.006Z (seq 12); server2 still has it and is about to ' +
      'move it into its history',
  )
})

test('the last operation is that of the latest record of any node', () => {
  const latest = operation({})
  const answers = [
    { node: 'server1' as NodeName, copy: file('old'), at: behind },
    { node: 'server2' as NodeName, copy: absent, at: deleted },
  ]
  expect(lastOpOf(answers, past(latest))).toBe(latest)
  expect(lastOpOf([{ node: 'server1' as NodeName, copy: absent }], past(latest))).toBeNull()
})
