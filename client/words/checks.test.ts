import type { Condition } from '../../protocol/examine-messages.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { CoordinatorStatus, ReplicaStatus } from '../../protocol/messages.ts'
import { checksOf, type Examination } from './checks.ts'

const nowMs = 1_796_000_000_000
const dayMs = 86_400_000
const [server1, server2] = ['server1', 'server2'] as [NodeName, NodeName]

const figures = {
  epoch: 3,
  files: 10,
  bytes: 1_000,
  diskFreeBytes: 2 ** 36,
  scanAgeMs: 60_000,
  marks: 0,
  held: null,
  unwatched: null,
  certificateEndsMs: nowMs + 400 * dayMs,
}
const coordinator: CoordinatorStatus = {
  name: server1,
  address: '192.168.1.101:6001',
  state: 'serving',
  reason: null,
  seq: 7,
  ...figures,
}
const replica: ReplicaStatus = {
  name: server2,
  address: '192.168.1.102:6002',
  state: 'up',
  reason: null,
  appliedSeq: 7,
  lagOps: 0,
  lagMs: 0,
  lastHeartbeatMs: 100,
  rolledBack: false,
  fenced: null,
  ...figures,
}
const condition: Condition = {
  version: '0.1.0',
  nowMs,
  fileSystem: 'ext4',
  disk: 'one',
  closed: 0,
  closedFirst: null,
  deepVerifiedMs: nowMs - dayMs,
}

interface Differing {
  readonly reached?: string
  readonly coordinator?: Partial<CoordinatorStatus>
  readonly replica?: Partial<ReplicaStatus>
  readonly first?: Partial<Condition>
  readonly second?: Partial<Condition> | null
}

function examination({ reached, first = {}, second = {}, ...status }: Differing = {}): Examination {
  const other = second === null ? null : { ...condition, disk: 'two', deepVerifiedMs: null, ...second }
  return {
    reached: [{ address: coordinator.address, ms: 2.6, reason: reached ?? null }],
    status: {
      coordinator: { ...coordinator, ...status.coordinator },
      replicas: [{ ...replica, ...status.replica }],
      conflicts: 0,
      locks: [],
    },
    nodes: [
      { node: server1, condition: { ...condition, ...first }, reason: null },
      { node: server2, condition: other, reason: other === null ? 'is not connected' : null },
    ],
    askedMs: nowMs - 5,
    answeredMs: nowMs + 5,
    version: '0.1.0',
  }
}

test('where all is well every check says so, and nothing is to be done', () => {
  const checks = checksOf(examination())
  expect(checks.filter(({ isWell, fix }) => !isWell || fix !== null)).toEqual([])
  const said = checks.map(({ subject, check, says }) => `${subject} ${check}: ${says}`)
  expect(said).toEqual([
    '192.168.1.101:6001 reachable: answers within 3 ms',
    'server1 state: takes changes',
    'server2 state: in step',
    ...['server1', 'server2'].flatMap(name => [
      `${name} certificate: good for 399 d more`,
      `${name} disk: 64 GiB free`,
      `${name} watch: edits are noticed as they come`,
      `${name} scan: looked through 1 min ago`,
    ]),
    ...['server1', 'server2'].flatMap(name => [
      `${name} version: 0.1.0`,
      `${name} clock: as here`,
      `${name} file system: ext4`,
      `${name} permissions: all files can be read and moved`,
    ]),
    'all nodes deep verification: 1 d ago',
  ])
})

const wrong: [string, Differing, string][] = [
  [
    'a server cannot be reached',
    { reached: 'connection refused' },
    '192.168.1.101:6001 reachable: connection refused',
  ],
  [
    'the coordinator takes no changes',
    { coordinator: { state: 'refusing-changes', reason: 'NO_SPACE' } },
    'server1 state: refusing-changes: NO_SPACE',
  ],
  ['the coordinator is away', { coordinator: { state: 'down' } }, 'server1 state: down'],
  [
    'a replica is away',
    { replica: { state: 'down', reason: 'could not be reached' } },
    'server2 state: down, could not be reached',
  ],
  [
    'a replica is behind',
    { replica: { state: 'catching-up', lagOps: 3, lagMs: 120_000 } },
    'server2 state: catching-up, 3 operations behind, for 2 min',
  ],
  ['a replica is fenced', { replica: { fenced: 'EIO' } }, 'server2 state: takes no changes: EIO'],
  [
    'a certificate ends soon',
    { replica: { certificateEndsMs: nowMs + 2 * dayMs } },
    'server2 certificate: certificate ends in 1 d',
  ],
  ['a disk is nearly full', { coordinator: { diskFreeBytes: 2 ** 29 } }, 'server1 disk: only 512 MiB free'],
  [
    'folders cannot be watched',
    { replica: { unwatched: 'the limit of watches is reached' } },
    'server2 watch: the limit of watches is reached',
  ],
  ['a copy is held', { replica: { held: '60 of 100 vanished' } }, 'server2 held: 60 of 100 vanished'],
  [
    'nobody has looked through a tree for long',
    { replica: { scanAgeMs: 3 * 3_600_000 } },
    'server2 scan: last looked through 3 h ago',
  ],
  ['versions differ', { second: { version: '0.0.9' } }, 'server2 version: 0.0.9, and this client is 0.1.0'],
  ['a clock is behind', { second: { nowMs: nowMs - 60_005 } }, 'server2 clock: 1 min behind the one here'],
  ['a clock is ahead', { second: { nowMs: nowMs + 10_005 } }, 'server2 clock: 10 s ahead of the one here'],
  ['a file system is another machine’s', { second: { fileSystem: 'nfs' } }, 'server2 file system: nfs'],
  [
    'files cannot be read',
    { second: { closed: 2, closedFirst: 'private/diary' as never } },
    'server2 permissions: 2 files and folders cannot be read or moved by the server, private/diary among them',
  ],
  [
    'one file cannot be read',
    { second: { closed: 1 } },
    'server2 permissions: one file or folder cannot be read or moved by the server',
  ],
  [
    'two nodes share a disk',
    { second: { disk: 'one' } },
    'server1 and server2 one disk: their files lie on one disk, which may take all of them with it',
  ],
  [
    'nobody has compared every byte',
    { first: { deepVerifiedMs: null } },
    'all nodes deep verification: never, as far as is known',
  ],
  [
    'nobody has compared every byte for long',
    { first: { deepVerifiedMs: nowMs - 40 * dayMs } },
    'all nodes deep verification: 40 d ago',
  ],
  [
    'a node could not be examined',
    { second: null },
    'server2 examined: could not be examined: is not connected',
  ],
]

test.each(wrong)('%s: that alone is wrong, and there is something to do', (_, differing, said) => {
  const bad = checksOf(examination(differing)).filter(({ isWell }) => !isWell)
  expect(bad.map(({ subject, check, says }) => `${subject} ${check}: ${says}`)).toEqual([said])
  expect(bad[0]!.fix).not.toBeNull()
})

test('a clock that is off by less than two seconds is told, and well', () => {
  const clock = checksOf(examination({ second: { nowMs: nowMs + 1_005 } })).filter(
    ({ check }) => check === 'clock',
  )
  expect(clock[1]).toMatchObject({ isWell: true, says: '1000 ms from the one here, at least' })
})

test('what a node has not found out yet is no check', () => {
  const checks = checksOf(
    examination({
      replica: { certificateEndsMs: null, diskFreeBytes: null, scanAgeMs: null },
      second: { closed: null },
    }),
  )
  expect(checks.filter(({ subject }) => subject === 'server2').map(({ check }) => check)).toEqual([
    'state',
    'version',
    'clock',
    'file system',
  ])
})

test('nothing that a node says moves a cursor', () => {
  const nasty = '\u001b[2J'
  const checks = checksOf(
    examination({
      reached: nasty,
      coordinator: { reason: nasty, state: 'refusing-changes' },
      replica: { reason: nasty, state: 'down', unwatched: nasty, held: nasty },
      second: { version: nasty, fileSystem: nasty, closed: 1, closedFirst: nasty as never },
    }),
  )
  expect(JSON.stringify(checks)).not.toContain('\\u001b')
})
