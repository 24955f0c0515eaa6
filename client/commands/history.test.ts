import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { KeptContent } from '../../protocol/history-messages.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Detail } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'

const day = 86_400_000
const nodes = ['server1', 'server2'] as NodeName[]
const { digest } = digestOf(Buffer.from('content'))

let world: ClientWorld
let nowMs: number
beforeEach(async () => {
  world = await clientWorld()
  nowMs = world.time.nowMs()
})
afterEach(() => world.shell.remove())

const content = (said: Partial<KeptContent> = {}): KeptContent => ({
  ...{ path: parsePath('report.pdf'), digest, size: 2_202_010, seq: 12, timeMs: nowMs - 3 * day },
  ...{ type: 'put', isCurrent: false, nodes, untilMs: nowMs + 27 * day, ...said },
})

function tells(contents: readonly KeptContent[], unreachable: readonly Detail[] = []): void {
  world.server.onHistory = async stream => {
    await stream.sendFlow('KEPT', { contents })
    await stream.sendFlow('LISTED', { unreachable }, true)
  }
}

const away = [{ node: 'server2' as NodeName, reason: 'is not connected', behindOps: null }]

test('a line a content, with who has it and how long it stays', async () => {
  tells([
    content(),
    content({ seq: null, type: null, timeMs: nowMs - 3_600_000, nodes: [nodes[1]!] }),
    content({ seq: 31, type: 'append', timeMs: nowMs - 60_000, untilMs: null }),
    content({ seq: 32, type: 'restore', timeMs: nowMs, untilMs: null, isCurrent: true }),
  ])
  const { status, out, err } = await world.shell.run(['history', 'report.pdf'])
  const short = digest.slice(0, 7)
  expect(out.lines).toEqual([
    `    12  3 d ago     put       2.1 MiB  ${short}…  server1 = server2  stays 27 d`,
    `     -  1 h ago     by hand   2.1 MiB  ${short}…  server2  stays 27 d`,
    `    31  1 min ago   append    2.1 MiB  ${short}…  server1 = server2  stays`,
    `    32  just now    restore   2.1 MiB  ${short}…  server1 = server2  now`,
  ])
  expect([status, err.text]).toEqual([0, ''])
  expect(world.server.asked).toEqual([{ opcode: 'HISTORY', body: { path: 'report.pdf' } }])
})

test('--json is a line of every key, and what lies below a folder is named', async () => {
  tells([content(), content({ seq: null, type: null, untilMs: null })])
  const { out } = await world.shell.run(['history', 'report.pdf', '--json'])
  const time = new Date(nowMs - 3 * day).toISOString()
  const first = {
    ...{ seq: 12, time, type: 'put', digest, size: 2_202_010, nodes },
    restorableUntil: new Date(nowMs + 27 * day).toISOString(),
  }
  const second = { ...first, seq: null, type: null, restorableUntil: null }
  expect(out.lines.map(line => JSON.parse(line))).toEqual([first, second])
  tells([content({ path: parsePath('docs/a') })])
  const below = await world.shell.run(['history', 'docs', '--json'])
  expect(below.out.lines.map(line => JSON.parse(line))).toEqual([{ path: 'docs/a', ...first }])
})

test('below a folder each line names its file', async () => {
  tells([content({ path: parsePath('docs/a') })])
  expect((await world.shell.run(['history', 'docs/'])).out.lines).toEqual([
    expect.stringMatching(/ {2}stays 27 d {2}docs\/a$/),
  ])
  expect(world.server.asked).toEqual([{ opcode: 'HISTORY', body: { path: 'docs' } }])
})

test('the whole tree is asked for by its name', async () => {
  expect((await world.shell.run(['history', '/'])).status).toBe(0)
  expect(world.server.asked).toEqual([{ opcode: 'HISTORY', body: { path: '' } }])
})

test('nodes that were not asked are named, and count with --strict', async () => {
  tells([content()], away)
  const { status, err } = await world.shell.run(['history', 'report.pdf'])
  expect([status, err.text]).toEqual([0, 'not asked: server2 is not connected\n'])
  const strict = await world.shell.run(['history', 'report.pdf', '--strict'])
  expect([strict.status, strict.err.text]).toEqual([
    2,
    'ERROR UNREACHABLE report.pdf: server2 is not connected\n',
  ])
})

test.each([
  [['history'], 'ERROR USAGE: history needs a PATH; / is the whole tree\n'],
  [['history', 'a', '--yes'], 'ERROR USAGE: --older and --yes belong to --prune\n'],
  [['history', 'a', '--older', '7d'], 'ERROR USAGE: --older and --yes belong to --prune\n'],
  [['history', '../a'], 'ERROR BAD_PATH ../a: not a path: a part is .. or .\n'],
])('%j is refused', async (argv, line) => {
  const { status, err } = await world.shell.run(argv)
  expect([status, err.text.replace(/not a path: .*/, 'not a path: a part is .. or .')]).toEqual([2, line])
})

test('what nobody has is an error, and status 2', async () => {
  world.server.onHistory = stream =>
    stream.fail(new ConcurError('NOT_FOUND', 'nothing that it was is on server1'))
  const { status, err } = await world.shell.run(['history', 'x'])
  expect([status, err.text]).toEqual([2, 'ERROR NOT_FOUND x: nothing that it was is on server1\n'])
  const { out } = await world.shell.run(['history', 'x', '--json'])
  expect(JSON.parse(out.text)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
})
