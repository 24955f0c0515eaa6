import { Upload } from '../../fixtures/client-changes.ts'
import { KeptOutput } from '../../fixtures/client-program.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { ProgressBar } from '../terminal/progress.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

describe('write', () => {
  test('makes a file of TEXT, byte for byte and without a newline', async () => {
    const { status, out, err } = await world.shell.run(['write', 'note.txt', 'hello'])
    expect(out.lines[0]).toBe('write note.txt  5 B  seq 812  copies 2 of 2')
    expect([status, err.text]).toEqual([0, ''])
    expect(world.server.uploads[0]!.text).toBe('hello')
    expect(world.server.lastChange.what).toEqual({
      type: 'put',
      path: 'note.txt',
      executable: null,
      bytes: 5,
    })
  })

  test.each([
    [['write', 'x', '']],
    [['write', 'x', '007']],
    [['write', 'x', '--', '--json']],
    [['write', 'x', 'zwei\nZeilen\n']],
  ])('%j is taken as it is', async argv => {
    await world.shell.run(argv)
    expect(world.server.uploads[0]!.text).toBe(argv.at(-1))
  })

  test('gives back bytes that are no text', async () => {
    await world.shell.run(['write', 'x', 'caf\udce9'])
    expect(world.server.uploads[0]!.bytes).toEqual(Buffer.from('caf\u00e9', 'latin1'))
  })

  test.each([[['write', 'x']], [['write', 'x', '-']], [['append', 'x']], [['append', 'x', '-']]])(
    '%j takes standard input',
    async argv => {
      world.shell.input = ['from ', 'elsewhere\n']
      expect((await world.shell.run(argv)).status).toBe(0)
      expect(world.server.uploads[0]!.text).toBe('from elsewhere\n')
      expect(world.server.lastChange.what).toMatchObject({ bytes: 15 })
    },
  )

  test.each([
    ['../x', 'BAD_PATH'],
    ['/x', 'BAD_PATH'],
    ['folder/', 'IS_DIRECTORY'],
  ])('of %s is refused, and nobody is asked', async (path, code) => {
    const { status, err } = await world.shell.run(['write', path, 'x'])
    expect(status).toBe(2)
    expect(err.text).toMatch(new RegExp(`^ERROR ${code} ${path.replaceAll('.', '\\.')}: `))
    expect(world.server.connectionCount).toBe(0)
  })
})

test('append extends, and makes the file with --create', async () => {
  const { out } = await world.shell.run(['append', 'log.txt', 'line\n'])
  expect(out.lines[0]).toBe('append log.txt  5 B  seq 812  copies 2 of 2')
  expect(world.server.lastChange.what).toEqual({ type: 'append', path: 'log.txt', create: false, bytes: 5 })
  await world.shell.run(['append', 'log.txt', 'line\n', '--create'])
  expect(world.server.lastChange.what).toMatchObject({ create: true })
})

test('no server is one sentence, before anything is read', async () => {
  const openInput = async () => {
    throw new Error('it was read')
  }
  const { status, err } = await world.shell.run(['write', 'x', '--server', 'a:1'], { openInput })
  expect(status).toBe(2)
  expect(err.text).toBe('ERROR UNREACHABLE: no server answers at a:1 (connection refused)\n')
})

test('a slow upload shows how much has left, and how much of how much where that is known', async () => {
  const shown: string[] = []
  const bar: ProgressBar = {
    show: (fraction, before, behind) => void shown.push(`${before} ${fraction ?? '-'} ${behind}`),
    hide() {},
  }
  world.server.onChange = (stream, request) => {
    let before = 0
    new Upload(stream, {
      grants: false,
      onFrame: ({ bytesHeard }) => {
        const bytes = bytesHeard - before
        before = bytesHeard
        world.time.after(2_000, () => stream.consumed(bytes))
      },
      onSealed: upload => world.server.finish(stream, request, upload),
    })
  }
  world.shell.input = Array.from({ length: 8 }, () => 'x'.repeat(blockBytes))
  const given = { err: new KeptOutput(true), loadBar: async () => bar }
  const piped = world.shell.run(['write', 'piped'], given)
  await world.time.pass(40_000)
  expect((await piped).status).toBe(0)
  expect(shown[0]).toMatch(/^piped - (1 MiB|…)/)
  expect(shown.at(-1)).toMatch(/^piped - \d+ MiB {2}\d+(\.\d+)? KiB\/s$/)
  shown.length = 0
  const whole = world.shell.run(['write', 'whole', 'x'.repeat(3 * blockBytes)], given)
  await world.time.pass(20_000)
  expect((await whole).status).toBe(0)
  expect(shown.findLast(line => line.startsWith('whole 0'))).toMatch(
    /^whole 0\.\d+ \d(\.\d+)? MiB of 3 MiB {2}.*\/s {2}\d+ s left$/,
  )
})
