import { createHash } from 'node:crypto'
import { absent, node, readsFrom, someTimeMs, verdictOf, versionOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { Version } from '../../protocol/copies.ts'
import { digestOf } from '../../protocol/digest.ts'
import type { ClientId } from '../../protocol/ids.ts'
import type { LoggedOperation, Verdict } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'

const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')
const both = ['server1', 'server2']
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const short = (bytes: Buffer) => `${digestOf(bytes).digest.slice(0, 7)}…`

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onRead = readsFrom({
    same: [{ bytes: one, on: both }],
    differs: [
      { bytes: one, on: ['server1'] },
      { bytes: two, on: ['server2'] },
    ],
  })
})
afterEach(() => world.shell.remove())

/** Whatever is asked for, these versions differ. */
function answerWith(versions: readonly Version[], others: Partial<Verdict> = {}): void {
  const verdict: Verdict = { ...verdictOf([], others), verdict: 'DIFFERENT_FILES', versions }
  world.server.onRead = stream => stream.send('VERDICT', verdict, true)
}

test('one content is told with size, holders, digest and time, and no byte of it is asked for', async () => {
  const { status, out } = await world.shell.run(['stat', 'same'])
  expect(out.text).toBe(`SINGLE_FILE same  19 B  server1 = server2  ${short(one)}  3 min ago\n`)
  expect(status).toBe(0)
  expect(world.server.lastRead.bodies).toBe('none')
})

test('versions are told with why they differ', async () => {
  const written = versionOf({
    ...{ bytes: one, on: ['server1', 'server3'] },
    mtimeMs: world.time.nowMs() - 3_600_000,
  })
  const versions: Version[] = [
    { ...written, note: 'as written (seq 12)' },
    { ...versionOf({ bytes: two, on: ['server2'] }), cause: 'edited-on-disk' },
  ]
  answerWith(versions, { missing: [node('server4')], details: [absent('server4')] })
  const { status, out } = await world.shell.run(['stat', 'plan.md'])
  expect(out.lines).toEqual([
    'DIFFERENT_FILES plan.md  2 versions  (missing on server4)',
    `  server1 = server3  19 B  ${short(one)}  1 h ago    as written (seq 12)`,
    `  server2            19 B  ${short(two)}  3 min ago  edited on disk`,
  ])
  expect(status).toBe(1)
})

test.each<[Version['cause'], string | null, string]>([
  ['edited-on-disk', null, 'edited on disk'],
  ['edited-on-disk', 'equals seq 9', 'edited on disk, equals seq 9'],
  ['bit-rot', null, 'bit rot'],
  ['behind', 'behind by 3 operations', 'behind by 3 operations'],
  ['behind', null, 'behind'],
  ['forked', null, 'forked'],
  ['never-replicated', null, 'never replicated'],
])('a version that deviates is told in words: %s, %s', async (cause, note, words) => {
  answerWith([
    { ...versionOf({ bytes: one, on: ['server1'] }), note: 'as written (seq 12)' },
    { ...versionOf({ bytes: two, on: ['server2'] }), cause, note },
  ])
  const { out } = await world.shell.run(['stat', 'plan.md'])
  expect(out.lines[2]).toBe(`  server2  19 B  ${short(two)}  3 min ago  ${words}`)
})

test('the only copy, rotten, is told as different', async () => {
  answerWith([{ ...versionOf({ bytes: one, on: ['server1'] }), cause: 'bit-rot' }])
  const { status, out } = await world.shell.run(['stat', 'plan.md'])
  expect(out.lines).toEqual([
    'DIFFERENT_FILES plan.md  1 version',
    `  server1  19 B  ${short(one)}  3 min ago  bit rot`,
  ])
  expect(status).toBe(1)
})

test('what is no file is told by what it is, and why it is there', async () => {
  const nothing = {
    digest: null,
    size: 0,
    mtimeMs: null,
    executable: false,
    cause: 'edited-on-disk' as const,
  }
  const copies = (name: string) => [{ node: node(name), checkedAtMs: null }]
  answerWith([
    { ...versionOf({ bytes: one, on: ['server1'] }), note: 'as written (seq 12)' },
    { ...nothing, type: 'folder', copies: copies('server2'), note: 'a folder' },
    { ...nothing, type: 'other', copies: copies('server3'), note: 'a link' },
  ])
  expect((await world.shell.run(['stat', 'plan.md'])).out.lines.slice(1)).toEqual([
    `  server1  19 B     ${short(one)}  3 min ago  as written (seq 12)`,
    '  server2  folder                        edited on disk',
    '  server3  no file                       edited on disk, a link',
  ])
})

const put: LoggedOperation = {
  ...{ epoch: 2, seq: 12, timeMs: someTimeMs, client: 'ann@laptop' as ClientId, type: 'put' },
  ...{ path: parsePath('same'), from: null, size: one.length, digest: digestOf(one).digest },
}

test.each<[string, Partial<LoggedOperation>, string]>([
  ['what the last operation wrote', {}, 'as written (seq 12)'],
  ['something else', { digest: digestOf(two).digest }, 'last operation: put (seq 12)'],
  ['what was moved', { type: 'rename', size: null, digest: null }, 'last operation: rename (seq 12)'],
])('one content that is %s is told with the last operation', async (_, more, words) => {
  const single = verdictOf([{ bytes: one, on: both }], { lastOp: { ...put, ...more } })
  world.server.onRead = stream => stream.send('VERDICT', single, true)
  const { out } = await world.shell.run(['stat', 'same'])
  expect(out.text).toBe(`SINGLE_FILE same  19 B  server1 = server2  ${short(one)}  3 min ago  ${words}\n`)
  expect(world.server.lastRead.lastOp).toBe(true)
})

test('--json has the last operation as a line of the log has it', async () => {
  const single = verdictOf([{ bytes: one, on: both }], { lastOp: put })
  world.server.onRead = stream => stream.send('VERDICT', single, true)
  const { out } = await world.shell.run(['--json', 'stat', 'same'])
  expect(JSON.parse(out.text).lastOp).toEqual({
    ...{
      epoch: 2,
      seq: 12,
      time: '2025-12-31T23:57:00.000Z',
      client: 'ann@laptop',
      type: 'put',
      path: 'same',
    },
    ...{ from: null, size: one.length, digest: digestOf(one).digest },
  })
})

test('--json has when each node’s copy was read, and nothing for what is no file', async () => {
  answerWith([
    versionOf({ bytes: one, on: both }),
    {
      ...versionOf({ bytes: two, on: [] }),
      ...{ type: 'folder', digest: null, note: 'a folder' },
      copies: [{ node: node('server3'), checkedAtMs: null }],
    },
  ])
  const { out } = await world.shell.run(['--json', 'stat', 'same'])
  const checkedAt = '2025-12-31T23:57:00.000Z'
  expect(JSON.parse(out.text).versions).toMatchObject([
    { checkedAt: { server1: checkedAt, server2: checkedAt } },
    { checkedAt: { server3: null } },
  ])
})

test('--sha256 adds the sum of the bytes', async () => {
  const single = await world.shell.run(['stat', 'same', '--sha256'])
  expect(single.out.lines[1]).toBe(`  sha256  ${sum(one)}`)
  const { out } = await world.shell.run(['stat', '--sha256', 'differs'])
  expect(out.lines.slice(1).map(line => line.slice(-71))).toEqual([
    `sha256 ${sum(one)}`,
    `sha256 ${sum(two)}`,
  ])
  expect(world.server.lastRead.bodies).toBe('all')
  expect(world.shell.names).toEqual([])
})

test('--json has the lock, which nobody knows yet, the last operation, and the sum where it was asked for', async () => {
  const plain = JSON.parse((await world.shell.run(['--json', 'stat', 'same'])).out.text)
  expect(Object.keys(plain)).toEqual([
    ...[
      'verdict',
      'path',
      'versions',
      'missing',
      'stale',
      'unreachable',
      'details',
      'error',
      'lock',
      'lastOp',
    ],
  ])
  expect(plain).toMatchObject({ lock: null, lastOp: null, versions: [{ sha256: null, savedAs: null }] })
  const summed = JSON.parse((await world.shell.run(['--json', 'stat', 'same', '--sha256'])).out.text)
  expect(summed.versions).toMatchObject([{ sha256: sum(one), savedAs: null }])
})

test('--json of an error has every key', async () => {
  const { status, out } = await world.shell.run(['stat', '--json', 'nothing'])
  expect(status).toBe(2)
  expect(JSON.parse(out.text)).toMatchObject({
    verdict: 'ERROR',
    error: { code: 'NOT_FOUND' },
    lock: null,
    lastOp: null,
  })
})

test('a path that is none, a file where a folder was asked for', async () => {
  expect((await world.shell.run(['stat', 'a//b'])).err.text).toBe(
    'ERROR BAD_PATH a//b: not a path: an empty part\n',
  )
  expect((await world.shell.run(['stat', 'same/'])).err.text).toBe(
    'ERROR NOT_DIRECTORY same: a file on server1 = server2\n',
  )
})

test('--quiet leaves the status', async () => {
  const { status, out } = await world.shell.run(['stat', 'differs', '--quiet'])
  expect([status, out.text]).toEqual([1, ''])
})
