import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { PrunedPath } from '../../protocol/history-messages.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Detail } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'

const nodes = ['server1', 'server2'] as NodeName[]
const of = (path: string, said: Partial<PrunedPath> = {}): PrunedPath => ({
  ...{ path: parsePath(path), objects: 2, bytes: 4096, left: 0, nodes, ...said },
})
const away = [{ node: 'server2' as NodeName, reason: 'is not connected', behindOps: null }]

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

/** `gone`: what is said of what went. */
function tells(
  paths: readonly PrunedPath[],
  { gone = paths, unreachable = [] as readonly Detail[] } = {},
): void {
  world.server.onPrune = async (stream, { seqMax }) => {
    const told = seqMax === null ? paths : gone
    if (told.length > 0) await stream.sendFlow('PRUNING', { paths: told })
    await stream.sendFlow('PRUNED', { seqMax: seqMax ?? 812, unreachable }, true)
  }
}

const run = (argv: string[], answer: string | null = null) =>
  world.shell.run(['history', '--prune', ...argv], {
    readLine: answer === null ? null : async () => answer,
  })

const asked = () => world.server.asked.map(({ body }) => body)

test.each(['y', 'Y', 'yes', ' yes '])('names and bytes are shown, and after %p they go', async answer => {
  tells([of('docs/a'), of('docs/b', { objects: 1, bytes: 10, nodes: [nodes[1]!] })])
  const { status, out, err } = await run(['docs', '--older', '7d'], answer)
  expect(out.lines).toEqual([
    'docs/a  2 files  4 KiB  on server1, server2',
    'docs/b  1 file  10 B  on server2',
    'pruned 3 files, 4.01 KiB',
  ])
  expect(err.text).toBe(
    '3 files, 4.01 KiB on server1, server2: nothing brings them back afterwards. Prune them? [y/N] ',
  )
  expect(status).toBe(0)
  const olderMs = 7 * 86_400_000
  expect(asked()).toEqual([
    { path: 'docs', olderMs, seqMax: null },
    { path: 'docs', olderMs, seqMax: 812 },
  ])
})

test.each(['', 'n', 'no', 'yellow'])('after %p nothing goes, and the status says so', async answer => {
  tells([of('docs/a')])
  const { status, out } = await run([], answer)
  expect([status, out.lines]).toEqual([
    2,
    ['docs/a  2 files  4 KiB  on server1, server2', 'nothing was pruned'],
  ])
  expect(asked()).toEqual([{ path: '', olderMs: 0, seqMax: null }])
})

test('without a terminal it needs --yes, and nothing is asked of the server', async () => {
  const { status, err } = await run([])
  expect([status, err.text]).toEqual([
    2,
    'ERROR USAGE: --prune asks at a terminal; elsewhere, and with --json, it needs --yes\n',
  ])
  expect((await run(['--json'], 'y')).status).toBe(2)
  expect(asked()).toEqual([])
})

test('--yes asks nobody', async () => {
  tells([of('a')])
  const { status, out, err } = await run(['--yes'])
  expect([status, out.lines.at(-1), err.text]).toEqual([0, 'pruned 2 files, 4 KiB', ''])
})

test('--json tells what went', async () => {
  tells([of('a'), of('b')], { gone: [of('a', { left: 1 })] })
  const { out } = await run(['--yes', '--json'])
  expect(out.lines.map(line => JSON.parse(line))).toEqual([
    { path: 'a', files: 2, bytes: 4096, left: 1, nodes },
  ])
})

test('what changed in history stays, and is told', async () => {
  tells([of('a')], { gone: [of('a', { objects: 1, bytes: 3, left: 1 })] })
  const { out } = await run(['--yes'])
  expect(out.lines.at(-1)).toBe('pruned 1 file, 3 B; left for now, changed while in history: 1 file')
})

test('where there is nothing nobody is asked', async () => {
  const { status, out } = await run(['docs'], 'y')
  expect([status, out.text]).toEqual([0, 'nothing that may go is in history\n'])
  expect(asked()).toHaveLength(1)
})

test('a node that could not be asked keeps what it has, which is an error', async () => {
  tells([of('a')], { unreachable: away })
  const { status, out, err } = await run(['--yes'])
  expect([status, out.lines.at(-1)]).toEqual([2, 'pruned 2 files, 4 KiB'])
  expect(err.text).toBe('ERROR UNREACHABLE: server2 is not connected\n')
})
