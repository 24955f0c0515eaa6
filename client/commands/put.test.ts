import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { Upload } from '../../fixtures/client-changes.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { targetsOf } from './put-targets.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  writeFileSync(world.shell.path('report.pdf'), 'pages')
  mkdirSync(world.shell.path('sub'))
  writeFileSync(world.shell.path('sub/tool'), '#!/bin/sh\n')
  chmodSync(world.shell.path('sub/tool'), 0o755)
})
afterEach(() => world.shell.remove())

const paths = () => world.server.changes.map(({ what }) => (what.type === 'rename' ? '' : what.path))

describe('put', () => {
  test('uploads a file under its last part, as it is', async () => {
    const { status, out, err } = await world.shell.run(['put', 'report.pdf'])
    expect(out.lines).toEqual([
      'put report.pdf  5 B  seq 812  copies 2 of 2',
      'undo: concur restore report.pdf --at 811',
    ])
    expect([status, err.text]).toEqual([0, ''])
    expect(world.server.lastChange.what).toEqual({
      type: 'put',
      path: 'report.pdf',
      executable: false,
      bytes: 5,
    })
    expect(world.server.uploads[0]!.text).toBe('pages')
  })

  test('takes the executable bit along', async () => {
    await world.shell.run(['put', 'sub/tool'])
    expect(world.server.lastChange.what).toMatchObject({ path: 'tool', executable: true })
  })

  test.each([
    [['put', 'sub/tool', 'bin/run'], ['bin/run']],
    [['put', 'sub/tool', 'bin/'], ['bin/tool']],
    [['put', './sub/tool'], ['tool']],
    [
      ['put', 'report.pdf', 'sub/tool', 'in/here/'],
      ['in/here/report.pdf', 'in/here/tool'],
    ],
    [['put', '-', 'x'], ['x']],
  ])('%j goes to %j', async (argv, expected) => {
    expect((await world.shell.run(argv)).status).toBe(0)
    expect(paths()).toEqual(expected)
  })

  test('takes an absolute name', async () => {
    await world.shell.run(['put', world.shell.path('report.pdf')])
    expect(paths()).toEqual(['report.pdf'])
  })

  test('follows a link that was named', async () => {
    symlinkSync('sub/tool', world.shell.path('link'))
    await world.shell.run(['put', 'link'])
    expect(world.server.uploads[0]!.text).toBe('#!/bin/sh\n')
    expect(world.server.lastChange.what).toMatchObject({ path: 'link', executable: true })
  })

  test('takes standard input and a FIFO, whose executable bit nobody knows', async () => {
    world.shell.input = ['piped']
    await world.shell.run(['put', '-', 'x'])
    expect(world.server.lastChange.what).toMatchObject({ path: 'x', executable: null })
    execFileSync('mkfifo', [world.shell.path('pipe')])
    spawn('sh', ['-c', 'printf through >pipe'], { cwd: world.shell.folder, stdio: 'ignore' })
    await world.shell.run(['put', 'pipe', 'y'])
    expect(world.server.uploads.map(({ text }) => text)).toEqual(['piped', 'through'])
  })

  test('takes a name that is no text where a path is said', async () => {
    execFileSync('sh', ['-c', `printf bytes >"$(printf 'caf\\351')"`], { cwd: world.shell.folder })
    expect((await world.shell.run(['put', 'caf\udce9', 'cafe'])).status).toBe(0)
    expect(world.server.uploads[0]!.text).toBe('bytes')
    expect((await world.shell.run(['put', 'caf\udce9'])).err.text).toMatch(/^ERROR BAD_PATH caf\ufffd: /)
  })

  test('several are told in their order, and the worst is the status', async () => {
    world.server.onChange = (stream, request) => {
      const isFirst = request.what.type === 'put' && request.what.path === 'in/report.pdf'
      new Upload(stream, {
        onSealed: upload =>
          world.time.after(isFirst ? 2_000 : 1, () => world.server.finish(stream, request, upload)),
      })
    }
    const { status, out, err } = await world.passUntil(
      world.shell.run(['put', 'report.pdf', 'nothing', 'sub/tool', 'in/']),
    )
    expect(out.lines.filter((_, at) => at % 2 === 0).map(line => line.slice(0, 20).trimEnd())).toEqual([
      'put in/report.pdf  5',
      'put in/tool  10 B  s',
    ])
    expect(err.text).toBe('ERROR IO_ERROR in/nothing: cannot read nothing: no such file or directory\n')
    expect(status).toBe(2)
  })

  test('several with --json are a line each', async () => {
    const { out } = await world.shell.run(['put', 'report.pdf', 'nothing', 'sub/tool', 'in/', '--json'])
    expect(out.lines.map(line => JSON.parse(line).op?.path ?? JSON.parse(line).error.message)).toEqual([
      'in/report.pdf',
      'in/nothing: cannot read nothing: no such file or directory',
      'in/tool',
    ])
  })

  test.each([
    ['nothing', 'ERROR IO_ERROR nothing: cannot read nothing: no such file or directory'],
    ['sub', 'ERROR IS_DIRECTORY sub: sub is a folder; put -r puts it with all that is below'],
    ['report.pdf/', 'ERROR IO_ERROR report.pdf: cannot read report.pdf/: not a directory'],
  ])('of %s is refused', async (file, line) => {
    const { status, err } = await world.shell.run(['put', file])
    expect([status, err.text]).toEqual([2, `${line}\n`])
    expect(world.server.changes).toEqual([])
  })

  describe('a file that is written to while it is sent', () => {
    const large = 5 * blockBytes

    /** It is written to during the first tries. */
    function writeDuring(tries: number): void {
      const file = world.shell.path('report.pdf')
      writeFileSync(file, Buffer.alloc(large))
      const { onChange } = world.server
      world.server.onChange = (stream, request) => {
        if (world.server.changes.length <= tries) appendFileSync(file, 'more')
        onChange(stream, request)
      }
    }

    test('is sent once more, as another operation', async () => {
      writeDuring(2)
      const { status, out } = await world.shell.run(['put', 'report.pdf'])
      expect([status, out.lines[0]]).toEqual([0, 'put report.pdf  5 MiB  seq 812  copies 2 of 2'])
      expect(world.server.changes.map(({ operation }) => operation.counter)).toEqual([1, 2, 3])
    })

    test('is CHANGED after three tries, and nothing of it was sealed', async () => {
      writeDuring(3)
      const { status, err } = await world.shell.run(['put', 'report.pdf'])
      expect(err.text).toBe('ERROR CHANGED report.pdf: report.pdf changed while it was read, 3 tries made\n')
      expect(status).toBe(2)
      expect(world.server.uploads.map(({ seal }) => seal)).toEqual([null, null, null])
    })
  })

  test('--if-match goes with one file', async () => {
    const { digest } = digestOf(Buffer.from('x'))
    for (const words of [
      ['report.pdf', 'sub/tool', 'in/'],
      ['-r', 'sub'],
    ]) {
      const { status, err } = await world.shell.run(['put', ...words, '--if-match', digest])
      expect([status, err.text]).toEqual([
        2,
        'ERROR USAGE: --if-match says what one file has to be: it goes with one FILE\n',
      ])
    }
  })

  test('refused by the server is told by its path', async () => {
    world.server.onChange = stream => stream.fail(new ConcurError('PRECONDITION_FAILED', 'server2 has it'))
    const { status, err } = await world.shell.run(['put', 'report.pdf', 'in/', '--if-absent'])
    expect([status, err.text]).toEqual([2, 'ERROR PRECONDITION_FAILED in/report.pdf: server2 has it\n'])
  })
})

describe('where files go', () => {
  const shown = (...words: string[]) =>
    targetsOf(words).map(({ path }) => (typeof path === 'object' ? `${path.error.code} ${path.typed}` : path))

  test.each([
    [['a/b'], ['b']],
    [['a/b/'], ['b']],
    [['a', 'x/y'], ['x/y']],
    [['a', 'x/'], ['x/a']],
    [['a', '/x'], ['BAD_PATH /x']],
    [
      ['a', 'b', '../x/'],
      ['BAD_PATH ../x/', 'BAD_PATH ../x/'],
    ],
    [['a', ''], ['BAD_PATH ']],
    [
      ['a\n', 'b', 'x/'],
      ['BAD_PATH x/a\n', 'x/b'],
    ],
    [['.concur'], ['BAD_PATH .concur']],
    [['a', '.concur/'], ['BAD_PATH .concur/']],
    [['.', 'x'], ['x']],
  ])('%j: %j', (words, expected) => expect(shown(...words)).toEqual(expected))

  test.each([
    [['-'], '"-" has no name of its own: say PATH as well'],
    [['..'], '".." has no name of its own: say PATH as well'],
    [['/'], '"/" has no name of its own: say PATH as well'],
    [['-', 'x/'], '"-" has no name of its own: say PATH as well'],
    [['a', 'b', 'x'], '2 files go into a folder: the last word must end in /, not "x"'],
    [['a/x', 'b/x', 'in/'], 'a/x and b/x would both become in/x'],
  ])('%j is refused', (words, sentence) => expect(() => targetsOf(words)).toThrow(sentence))
})
