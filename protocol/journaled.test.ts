import type { Copy, JournaledAt } from './copies.ts'
import type { Digest } from './digest.ts'
import type { NodeName } from './ids.ts'
import { type Lag, latestOf } from './journaled.ts'
import { judge, type NodeAnswer } from './verdict.ts'

const digestOf = (content: string) => `b3:${Buffer.from(content).toString('hex').padEnd(64, '0')}` as Digest
const file = (content: string): Copy => ({
  is: 'file',
  digest: digestOf(content),
  size: 1,
  mtimeMs: 1,
  executable: false,
  checkedAtMs: 5,
  rotten: false,
})
const [A, B, X, Y] = [file('A'), file('B'), file('X'), file('Y')]
/** Other bytes than it had, though nothing changed it. */
const rotten = (content: string): Copy => ({ ...file(content), rotten: true }) as Copy
const R = rotten('R')
const link: Copy = { is: 'other', what: 'link' }
const absent: Copy = { is: 'absent' }
const folder: Copy = { is: 'folder' }
const locked: Copy = { is: 'unreadable', reason: 'the disk failed (EIO)' }

/** What a node's journal says: the record `seq` made this of the path. */
const by = (pathSeq: number, content: string | null): JournaledAt => ({
  pathSeq,
  made: content === null ? 'absent' : 'file',
  journaled: content === null ? null : digestOf(content),
})
const byFolder = (pathSeq: number): JournaledAt => ({ pathSeq, made: 'folder', journaled: null })
/** A file that was only moved through us. */
const byMove = (pathSeq: number): JournaledAt => ({ pathSeq, made: 'file', journaled: null })
const never = by(0, null)
const moving: Lag = { behindOps: 3, isMoving: true }
const stuck: Lag = { behindOps: 3, isMoving: false }

type Said = readonly [Copy, JournaledAt, Lag?] | string

const nameOf = (at: number) => `server${at + 1}` as NodeName

function judged(said: readonly Said[]) {
  const answers = said.map(
    (one, at): NodeAnswer =>
      typeof one === 'string'
        ? { node: nameOf(at), copy: null, reason: one }
        : { node: nameOf(at), copy: one[0], at: one[1] },
  )
  const lags = said.flatMap((one, at) =>
    typeof one === 'string' || one[2] === undefined ? [] : [[nameOf(at), one[2]] as const],
  )
  return judge(answers, new Map(lags))
}

/** The verdict in one line. */
function line(said: readonly Said[]): string {
  const { verdict, versions, missing, stale, unreachable, error } = judged(said)
  return [
    `${verdict}${error === null ? '' : ` ${error.code}`}`,
    ...versions.map(
      ({ type, copies, cause }) =>
        `${copies.map(({ node }) => node).join(' = ')}${type === 'file' ? '' : ` ${type}`}${cause === null ? '' : ` ${cause}`}`,
    ),
    ...(missing.length > 0 ? [`missing ${missing.join(' ')}`] : []),
    ...(stale.length > 0 ? [`stale ${stale.join(' ')}`] : []),
    ...(unreachable.length > 0 ? [`unreachable ${unreachable.join(' ')}`] : []),
  ].join(' | ')
}

test.each<[string, Said[], string]>([
  [
    'every copy the same',
    [
      [A, by(5, 'A')],
      [A, by(5, 'A')],
    ],
    'SINGLE_FILE | server1 = server2',
  ],
  [
    'every copy the same, though one node has not settled the record',
    [
      [A, by(5, 'A')],
      [A, never, moving],
    ],
    'SINGLE_FILE | server1 = server2',
  ],
  [
    'absent on a node that never had it',
    [
      [A, never],
      [absent, never],
    ],
    'SINGLE_FILE | server1 | missing server2',
  ],
  [
    'absent on a node that is behind, and gets no further',
    [
      [A, by(5, 'A')],
      [absent, never, stuck],
    ],
    'SINGLE_FILE | server1 | missing server2',
  ],
  [
    'absent where it was deleted by hand',
    [
      [A, by(5, 'A')],
      [absent, by(5, 'A')],
    ],
    'SINGLE_FILE | server1 | missing server2',
  ],
  [
    'absent on a node that is catching up and moves: there is no older copy that would not count',
    [
      [A, by(5, 'A')],
      [absent, never, moving],
    ],
    'SINGLE_FILE | server1 | missing server2',
  ],
  [
    'deleted by hand where the node is catching up',
    [
      [B, by(5, 'B')],
      [absent, by(3, 'A'), moving],
    ],
    'SINGLE_FILE | server1 | missing server2',
  ],
  [
    'an older version on a node that is catching up and moves',
    [
      [B, by(5, 'B')],
      [A, by(3, 'A'), moving],
    ],
    'SINGLE_FILE | server1 | stale server2',
  ],
  [
    'an older version on a node that is catching up and does not move any more',
    [
      [B, by(5, 'B')],
      [A, by(3, 'A'), stuck],
    ],
    'DIFFERENT_FILES | server1 | server2 behind',
  ],
  [
    'an older version on a node that is not catching up',
    [
      [B, by(5, 'B')],
      [A, by(3, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 behind',
  ],
  [
    'an older version, edited, on a node that is catching up',
    [
      [B, by(5, 'B')],
      [X, by(3, 'A'), moving],
    ],
    'DIFFERENT_FILES | server1 | server2 edited-on-disk',
  ],
  [
    'an older version by hand on a node that has the newer one in its journal',
    [
      [B, by(5, 'B')],
      [A, by(5, 'B')],
    ],
    'DIFFERENT_FILES | server1 | server2 edited-on-disk',
  ],
  [
    'bytes that no record has',
    [
      [A, by(5, 'A')],
      [X, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 edited-on-disk',
  ],
  [
    'the coordinator’s copy edited',
    [
      [X, by(5, 'A')],
      [A, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 edited-on-disk | server2',
  ],
  [
    'every copy edited, each in its way',
    [
      [X, by(5, 'A')],
      [Y, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 edited-on-disk | server2 edited-on-disk',
  ],
  [
    'an edit that two nodes have alike, one of them behind',
    [
      [B, by(5, 'B')],
      [A, by(5, 'B')],
      [A, by(3, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 = server3 edited-on-disk',
  ],
  [
    'files that were never written through us',
    [
      [A, never],
      [B, never],
    ],
    'DIFFERENT_FILES | server1 never-replicated | server2 never-replicated',
  ],
  [
    'deleted through us, and edited on a node',
    [
      [absent, by(6, null)],
      [X, by(6, null)],
    ],
    'DIFFERENT_FILES | server2 edited-on-disk | missing server1',
  ],
  [
    'deleted through us, and edited on a node that has not settled the delete',
    [
      [absent, by(6, null)],
      [X, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server2 edited-on-disk | missing server1',
  ],
  [
    'a leftover on a node that has not settled the delete',
    [
      [absent, by(6, null)],
      [A, by(5, 'A'), stuck],
    ],
    'ERROR NOT_FOUND | server2 | missing server1',
  ],
  [
    'a leftover on a node that is about to settle the delete',
    [
      [absent, by(6, null)],
      [A, by(5, 'A'), moving],
    ],
    'ERROR NOT_FOUND | missing server1 | stale server2',
  ],
  [
    'a leftover, and an edit on another node',
    [
      [absent, by(6, null)],
      [A, by(5, 'A')],
      [X, by(6, null)],
    ],
    'DIFFERENT_FILES | server2 behind | server3 edited-on-disk | missing server1',
  ],
  [
    'a file here, a folder there',
    [
      [A, by(5, 'A')],
      [folder, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 folder edited-on-disk',
  ],
  [
    'a folder where a file is, by the journal, on a node that is behind: it is not what that node made',
    [
      [A, by(5, 'A')],
      [folder, by(3, null), stuck],
    ],
    'DIFFERENT_FILES | server1 | server2 folder edited-on-disk',
  ],
  [
    'a file here, a link there',
    [
      [link, by(5, 'A')],
      [A, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 other edited-on-disk | server2',
  ],
  [
    'a file by hand where a folder was made through us',
    [
      [folder, byFolder(5)],
      [X, byFolder(5)],
    ],
    'DIFFERENT_FILES | server1 folder | server2 edited-on-disk',
  ],
  [
    'a file by hand where a folder was made through us and deleted by hand',
    [
      [absent, byFolder(5)],
      [X, byFolder(5)],
    ],
    'DIFFERENT_FILES | server2 edited-on-disk | missing server1',
  ],
  [
    'a file on a node that has not made the folder in its place yet',
    [
      [folder, byFolder(6)],
      [A, by(4, 'A'), stuck],
    ],
    'DIFFERENT_FILES | server1 folder | server2 behind',
  ],
  [
    'files that were only moved through us, and differ',
    [
      [A, byMove(5)],
      [B, byMove(5)],
    ],
    'DIFFERENT_FILES | server1 never-replicated | server2 never-replicated',
  ],
  [
    'a file that was only moved through us, and a link',
    [
      [A, byMove(5)],
      [link, byMove(5)],
    ],
    'DIFFERENT_FILES | server1 never-replicated | server2 other edited-on-disk',
  ],
  [
    'bytes that changed though the file did not',
    [
      [A, by(5, 'A')],
      [R, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 bit-rot',
  ],
  [
    'the only copy there is, rotten',
    [
      [absent, by(5, 'A')],
      [R, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server2 bit-rot | missing server1',
  ],
  ['the copy of the only node, rotten', [[R, by(5, 'A')]], 'DIFFERENT_FILES | server1 bit-rot'],
  [
    'rotten, and nobody else could be asked',
    [[R, by(5, 'A')], 'did not answer'],
    'DIFFERENT_FILES | server1 bit-rot | unreachable server2',
  ],
  [
    'both copies rotten, in the same way',
    [
      [R, by(5, 'A')],
      [R, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 = server2 bit-rot',
  ],
  [
    'rotten into what the other node has by hand',
    [
      [R, by(5, 'A')],
      [file('R'), by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 = server2 bit-rot',
  ],
  [
    'rotten on one node, edited on another',
    [
      [A, by(5, 'A')],
      [R, by(5, 'A')],
      [X, by(5, 'A')],
    ],
    'DIFFERENT_FILES | server1 | server2 bit-rot | server3 edited-on-disk',
  ],
  [
    'rotten on a node that is catching up and moves: it is not its own install any more',
    [
      [B, by(5, 'B')],
      [R, by(3, 'A'), moving],
    ],
    'DIFFERENT_FILES | server1 | server2 bit-rot',
  ],
  [
    'a file that was never written through us, rotten',
    [
      [A, never],
      [R, never],
    ],
    'DIFFERENT_FILES | server1 never-replicated | server2 bit-rot',
  ],
  [
    'an edit that has become what the journal wants',
    [
      [A, by(5, 'A')],
      [rotten('A'), by(5, 'A')],
    ],
    'SINGLE_FILE | server1 = server2',
  ],
  [
    'rotten where it was deleted through us',
    [
      [absent, by(6, null)],
      [R, by(6, null)],
    ],
    'DIFFERENT_FILES | server2 bit-rot | missing server1',
  ],
  [
    'a node whose position went back is compared as it is: an older version there is behind',
    [
      [B, by(5, 'B')],
      [A, by(3, 'A'), stuck],
      [B, by(5, 'B')],
    ],
    'DIFFERENT_FILES | server1 = server3 | server2 behind',
  ],
  [
    'a leftover, and a node that does not answer: nobody says that it is not found',
    [[absent, by(6, null)], [A, by(5, 'A'), stuck], 'did not answer'],
    'ERROR UNREACHABLE | server2 | missing server1 | unreachable server3',
  ],
  [
    'a leftover, and a folder that somebody made there',
    [
      [folder, by(6, null)],
      [A, by(5, 'A'), stuck],
    ],
    'DIFFERENT_FILES | server1 folder edited-on-disk | server2 behind',
  ],
  [
    'a copy that cannot be read',
    [
      [A, by(5, 'A')],
      [locked, by(5, 'A')],
    ],
    'SINGLE_FILE | server1 | unreachable server2',
  ],
  [
    'deleted where asked, and a node that does not answer',
    [[absent, by(6, null)], 'did not answer'],
    'ERROR UNREACHABLE | missing server1 | unreachable server2',
  ],
  [
    'deleted everywhere',
    [
      [absent, by(6, null)],
      [absent, by(6, null)],
    ],
    'ERROR NOT_FOUND | missing server1 server2',
  ],
])('%s', (_, said, expected) => {
  expect(line(said)).toBe(expected)
})

test('a stale node says how far it has to go', () => {
  expect(
    judged([
      [B, by(5, 'B')],
      [A, by(3, 'A'), moving],
    ]).details,
  ).toEqual([{ node: 'server2', reason: 'is 3 operations behind', behindOps: 3 }])
})

test.each<[string, Said, string]>([
  ['has not got it', [absent, never], 'has no such file yet: it is behind'],
  ['has not settled the latest record', [absent, by(3, null)], 'has no such file yet: it is behind'],
  ['had it', [absent, by(5, 'A')], 'has no such file any more: it was deleted by hand'],
])('a missing copy of a node that %s says so', (_, said, reason) => {
  expect(judged([[A, by(5, 'A')], said]).details).toEqual([{ node: 'server2', reason, behindOps: null }])
})

test('a missing copy of what was never written through us was never had', () => {
  expect(
    judged([
      [A, never],
      [absent, never],
    ]).details[0]!.reason,
  ).toBe('never had it through us')
})

test('a missing copy of what was deleted is no wonder', () => {
  expect(
    judged([
      [absent, by(6, null)],
      [X, by(6, null)],
    ]).details[0]!.reason,
  ).toBe('has no such file')
})

test('the latest record is the highest that any node has settled, whatever their order', () => {
  const answers = [by(3, 'A'), by(5, 'B'), by(4, null)].map((at, place) => ({
    ...{ node: nameOf(place), copy: absent, at },
  }))
  expect(latestOf(answers)).toEqual({ seq: 5, made: 'file', digest: digestOf('B') })
  expect(latestOf(answers.reverse())).toEqual({ seq: 5, made: 'file', digest: digestOf('B') })
  expect(latestOf([{ node: nameOf(0), copy: absent, at: never }])).toBeNull()
})
