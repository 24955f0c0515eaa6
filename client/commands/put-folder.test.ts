import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { Upload } from '../../fixtures/client-changes.ts'
import { node } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import type { ChangeRequest, Done } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  mkdirSync(world.shell.path('photos/2026/none'), { recursive: true })
  writeFileSync(world.shell.path('photos/a.jpg'), 'aaa')
  writeFileSync(world.shell.path('photos/2026/b.jpg'), 'bb')
  writeFileSync(world.shell.path('photos/2026/run'), 'r')
  chmodSync(world.shell.path('photos/2026/run'), 0o755)
})
afterEach(() => world.shell.remove())

const sorted = () => world.server.changes.map(({ what }) => `${what.type} ${pathOf({ what })}`).sort()

function pathOf({ what }: Pick<ChangeRequest, 'what'>): string {
  return what.type === 'rename' ? what.to : what.path
}

/** What is said of each path; refused where that is an error. */
function answer(said: (path: string) => ConcurError | Partial<Done>): void {
  world.server.onChange = (stream, request) => {
    const answer = said(pathOf(request))
    if (answer instanceof ConcurError) return stream.fail(answer)
    if (request.what.type !== 'put') return world.server.finish(stream, request, null, answer)
    new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload, answer) })
  }
}

describe('put -r', () => {
  test('makes each file and each empty folder a change, and says so in one line', async () => {
    const { status, out, err } = await world.shell.run(['put', '-r', 'photos'])
    expect(sorted()).toEqual([
      'mkdir photos/2026/none',
      'put photos/2026/b.jpg',
      'put photos/2026/run',
      'put photos/a.jpg',
    ])
    expect(out.lines).toEqual([
      'put photos/  3 files  6 B  1 empty folder  seq 812 to 815  copies 2 of 2',
      'undo: concur restore photos --at 811',
    ])
    expect([status, err.text]).toEqual([0, ''])
    const run = world.server.changes.find(request => pathOf(request) === 'photos/2026/run')
    expect(run!.what).toMatchObject({ executable: true, bytes: 1 })
    const made = world.server.changes.find(({ what }) => what.type === 'mkdir')
    expect(made!.what).toMatchObject({ parents: true })
  })

  test.each([
    [['put', '-r', 'photos', 'old'], 'old/a.jpg'],
    [['put', '-r', 'photos/', 'old/'], 'old/photos/a.jpg'],
    [['put', '-r', './photos'], 'photos/a.jpg'],
    [['put', '-r', 'photos/a.jpg', 'photos/2026', 'in/'], 'in/a.jpg'],
  ])('%j brings %s', async (argv, path) => {
    expect((await world.shell.run(argv)).status).toBe(0)
    expect(world.server.changes.map(pathOf)).toContain(path)
  })

  test('of an empty folder makes it', async () => {
    const { out } = await world.shell.run(['put', '-r', 'photos/2026/none'])
    expect(sorted()).toEqual(['mkdir none'])
    expect(out.lines[0]).toBe('put none/  0 files  0 B  1 empty folder  seq 812  copies 2 of 2')
  })

  test('skips and names what is neither file nor folder', async () => {
    symlinkSync('a.jpg', world.shell.path('photos/link'))
    execFileSync('mkfifo', [world.shell.path('photos/pipe')])
    const { status, out, err } = await world.shell.run(['put', '-r', 'photos'])
    expect(err.lines).toEqual(['skipped photos/link: a link', 'skipped photos/pipe: a FIFO'])
    expect(out.text).toContain('  2 skipped')
    expect(status).toBe(0)
    expect(world.server.changes).toHaveLength(4)
  })

  test('goes on behind what fails, names it, and is as bad as the worst', async () => {
    execFileSync('sh', ['-c', `: >"$(printf 'caf\\351')"`], { cwd: world.shell.path('photos') })
    answer(path => (path === 'photos/a.jpg' ? new ConcurError('CONFLICT', 'server1 and server2 differ') : {}))
    const { status, out, err } = await world.shell.run(['put', '-r', 'photos'])
    expect(err.lines.sort()).toEqual([
      'ERROR BAD_PATH photos/caf\ufffd: not a path: it is not valid UTF-8',
      'ERROR CONFLICT photos/a.jpg: server1 and server2 differ',
    ])
    expect(out.lines[0]).toMatch(/^put photos\/ {2}2 files {2}3 B .* {2}2 failed {2}copies 2 of 2$/)
    expect(status).toBe(2)
  })

  test('names who is behind, and a file of which an edit was kept', async () => {
    answer(path => ({
      behind: [{ node: node('server3'), reason: 'down 3 min', behindOps: 1 }],
      kept: path.endsWith('b.jpg')
        ? [{ node: node('server2'), path: path as never, reason: 'edited on disk' }]
        : [],
      of: 4,
    }))
    const { status, out } = await world.shell.run(['put', '-r', 'photos'])
    expect(out.lines.slice(-5)).toEqual([
      expect.stringMatching(/^put photos\/2026\/b\.jpg {2}2 B {2}seq 81\d {2}copies 2 of 4/),
      '  kept on server2: edited on disk',
      expect.stringMatching(/^undo: concur restore photos\/2026\/b\.jpg --at 81\d$/),
      expect.stringMatching(/^put photos\/ .* {2}copies 2 of 4 · behind: server3 \(down 3 min\)$/),
      'undo: concur restore photos --at 811',
    ])
    expect(status).toBe(0)
    expect((await world.shell.run(['put', '-r', 'photos', '--strict'])).status).toBe(2)
  })

  test('with --json is a line a change', async () => {
    const { out, err } = await world.shell.run(['put', '-r', 'photos', '--json'])
    const documents = out.lines.map(line => JSON.parse(line))
    expect(documents.map(({ ok, op }) => `${ok} ${op.type} ${op.path}`).sort()).toEqual([
      'true mkdir photos/2026/none',
      'true put photos/2026/b.jpg',
      'true put photos/2026/run',
      'true put photos/a.jpg',
    ])
    expect(err.text).toBe('')
  })

  test('sends several at once, and not all', async () => {
    for (let at = 0; at < 40; at++) writeFileSync(world.shell.path(`photos/many-${at}`), 'x')
    let open = 0
    let openMax = 0
    world.server.onChange = (stream, request) => {
      openMax = Math.max(openMax, ++open)
      const finish = (upload: Upload | null) => {
        world.time.after(100, () => {
          open--
          world.server.finish(stream, request, upload)
        })
      }
      if (request.what.type === 'mkdir') finish(null)
      else new Upload(stream, { onSealed: finish })
    }
    expect((await world.passUntil(world.shell.run(['put', '-r', 'photos']))).status).toBe(0)
    expect(openMax).toBe(16)
    expect(world.server.connectionCount).toBe(1)
  })

  test('says what was done when no server is there any more', async () => {
    for (let at = 0; at < 40; at++) writeFileSync(world.shell.path(`photos/many-${at}`), 'x')
    let left = 19
    answer(() => {
      if (left-- > 0) return {}
      world.network.silence({ host: '127.0.0.1', port: 6001 })
      world.network.cut({ host: '127.0.0.1', port: 6001 })
      return {}
    })
    const { status, out, err } = await world.passUntil(world.shell.run(['put', '-r', 'photos']))
    expect(out.lines.at(-2)).toMatch(/^put photos\/ {2}[1-9]\d* files? /)
    expect(err.text).toMatch(/ERROR UNREACHABLE: no server answers at /)
    expect(status).toBe(2)
  })

  test('of a folder that cannot be named there is refused', async () => {
    expect((await world.shell.run(['put', '-r', '.'])).err.text).toBe(
      'ERROR USAGE: "." has no name of its own: say PATH as well\n',
    )
    expect((await world.shell.run(['put', '-r', '.', 'all'])).status).toBe(0)
    expect(sorted()).toContain('put all/photos/a.jpg')
  })
})
