import { createHash } from 'node:crypto'
import { absent, node, readsFrom, verdictOf, versionOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { Version } from '../../protocol/copies.ts'
import { digestOf } from '../../protocol/digest.ts'

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

test('one content is told with size, holders, digest and time, and no byte of it is asked for', async () => {
  const { status, out } = await world.shell.run(['stat', 'same'])
  expect(out.text).toBe(`SINGLE_FILE same  19 B  server1 = server2  ${short(one)}  3 min ago\n`)
  expect(status).toBe(0)
  expect(world.server.lastRead.bodies).toBe('none')
})

test('versions are told with why they differ', async () => {
  const versions: Version[] = [
    {
      ...versionOf({ bytes: one, on: ['server1', 'server3'], mtimeMs: world.time.nowMs() - 3_600_000 }),
      note: 'as written (seq 12)',
    },
    { ...versionOf({ bytes: two, on: ['server2'] }), cause: 'edited-on-disk' },
  ]
  const others = { missing: [node('server4')], details: [absent('server4')] }
  world.server.onRead = stream =>
    stream.send(
      'VERDICT',
      {
        ...verdictOf(
          [
            { bytes: one, on: [] },
            { bytes: two, on: [] },
          ],
          others,
        ),
        versions,
      },
      true,
    )
  const { status, out } = await world.shell.run(['stat', 'plan.md'])
  expect(out.lines).toEqual([
    'DIFFERENT_FILES plan.md  2 versions  (missing on server4)',
    `  server1 = server3  19 B  ${short(one)}  1 h ago    as written (seq 12)`,
    `  server2            19 B  ${short(two)}  3 min ago  edited on disk`,
  ])
  expect(status).toBe(1)
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

test('--json has the lock and the last operation, which nobody knows yet, and the sum where it was asked for', async () => {
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
