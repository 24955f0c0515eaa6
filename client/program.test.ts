import { mkdirSync, writeFileSync } from 'node:fs'
import { KeptOutput } from '../fixtures/client-program.ts'
import { endBodies, node, readsFrom, ScriptedServer, sendBody, verdictOf } from '../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../fixtures/client-world.ts'
import type { ProgressBar } from './terminal/progress.ts'

const one = Buffer.from('Hello from Server1\n')
const both = ['server1', 'server2']

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onRead = readsFrom({ x: [{ bytes: one, on: both }] })
})
afterEach(() => world.shell.remove())

describe('wrong usage', () => {
  test('is one sentence on standard error and status 2', async () => {
    const { status, out, err } = await world.shell.run(['get', 'x', '--fast'])
    expect([status, out.text, err.text]).toEqual([
      2,
      '',
      'ERROR USAGE: --fast is not an option; --help lists them\n',
    ])
  })

  test.each([
    [['--json', 'fetch'], {}],
    [['fetch', '--json'], {}],
    [['fetch'], { CONCUR_JSON: '1' }],
    [['get', 'x', '--json', '--from', 'NOBODY'], {}],
    [['get', 'x', '-o', 'name', 'y', '--json'], {}],
  ])('%j with %j is JSON', async (argv, environment) => {
    world.shell.environment = environment as Record<string, string>
    const { status, out, err } = await world.shell.run(argv)
    expect(status).toBe(2)
    expect(JSON.parse(out.text)).toMatchObject({ ok: false, error: { code: 'USAGE' } })
    expect(err.text).toBe('')
  })

  test.each([[['cat', '--json']], [['get', 'x', '-o', '-', '--from', 'A', '--json']]])(
    '%j is JSON on standard error, where the bytes have standard output',
    async argv => {
      const { out, err } = await world.shell.run(argv)
      expect(out.text).toBe('')
      expect(JSON.parse(err.text)).toMatchObject({ ok: false, error: { code: 'USAGE' } })
    },
  )

  test('behind -- is no wish for JSON', async () => {
    expect((await world.shell.run(['fetch', '--', '--json'])).err.text).toMatch(/^ERROR USAGE/)
  })
})

describe('no server', () => {
  const argv = ['get', 'x', '--server', 'a:1,b:2']

  test('is one line that names each address, and status 2', async () => {
    const { status, err } = await world.shell.run(argv)
    expect(status).toBe(2)
    expect(err.text).toBe(
      'ERROR UNREACHABLE: no server answers at a:1 (connection refused), b:2 (connection refused)\n',
    )
  })

  test('is JSON of its own shape', async () => {
    const { out } = await world.shell.run([...argv, '--json'])
    expect(JSON.parse(out.text)).toMatchObject({ ok: false, error: { code: 'UNREACHABLE' } })
    const { err } = await world.shell.run(['cat', 'x', '--json', '--server', 'a:1'])
    expect(JSON.parse(err.text)).toMatchObject({ ok: false, error: { code: 'UNREACHABLE' } })
  })
})

describe('options', () => {
  const addressed = async (argv: string[], environment: Record<string, string>) => {
    world.shell.environment = environment
    const { err } = await world.shell.run([...argv, 'get', 'x'])
    return /at (\S+)/.exec(err.text)?.[1] ?? 'the default'
  }

  test('come from the command line, else the environment, else the config file, else the default', async () => {
    mkdirSync(world.shell.path('concur'))
    writeFileSync(world.shell.path('concur/config.json'), '{"//": "mine", "server": "config:1"}')
    const XDG_CONFIG_HOME = world.shell.folder
    const CONCUR_SERVER = 'environment:1'
    expect(await addressed(['--server', 'argv:1'], { XDG_CONFIG_HOME, CONCUR_SERVER })).toBe('argv:1')
    expect(await addressed([], { XDG_CONFIG_HOME, CONCUR_SERVER })).toBe('environment:1')
    expect(await addressed([], { XDG_CONFIG_HOME })).toBe('config:1')
    expect(await addressed([], {})).toBe('the default')
  })

  test('the config file lies in ~/.config, else it is the machine’s', async () => {
    mkdirSync(world.shell.path('.config/concur'), { recursive: true })
    writeFileSync(world.shell.path('.config/concur/config.json'), '{"server": "home:1"}')
    writeFileSync(world.shell.path('no-machine-config.json'), '{"server": "machine:1"}')
    expect(await addressed([], { HOME: world.shell.folder })).toBe('home:1')
    expect(await addressed([], { HOME: '/nowhere', XDG_CONFIG_HOME: '' })).toBe('machine:1')
  })

  test('a home that is no folder, as a service’s is, has no config file', async () => {
    expect(await addressed([], { HOME: '/dev/null' })).toBe('the default')
  })

  test('a config file that was named must be there, be JSON, and hold only options', async () => {
    const file = world.shell.path('c.json')
    const refusal = async (text: string | null) => {
      if (text !== null) writeFileSync(file, text)
      return (await world.shell.run(['get', 'x', '--config', file])).err.text
    }
    expect(await refusal(null)).toMatch(/^ERROR USAGE: --config must be .*: no such file or directory\n$/)
    expect(await refusal('{')).toMatch(/^ERROR USAGE: --config must be a file of JSON/)
    expect(await refusal('{"sever": "a:1"}')).toMatch(/^ERROR USAGE: "sever" in .* is not an option/)
    expect(await refusal('{"output": "a"}')).toMatch(/^ERROR USAGE: "output" in .* is not an option/)
    expect(await refusal('{"json": "yes"}')).toMatch(/^ERROR USAGE: "json" in .* must be true or false/)
  })

  test('variables that are none of the client’s are ignored', async () => {
    world.shell.environment = { CONCUR_READ_TIMEOUT: 'nonsense', CONCUR_OUTPUT: 'elsewhere' }
    expect((await world.shell.run(['get', 'x'])).status).toBe(0)
    expect(world.shell.names).toEqual(['x'])
  })

  test('the client calls itself user@host unless told otherwise', async () => {
    await world.shell.run(['get', 'x'])
    await world.shell.run(['get', 'x', '--client-id', 'backup'])
    expect(world.server.hellos.map(({ clientId }) => clientId)).toEqual(['test@here', 'backup'])
    expect((await world.shell.run(['get', 'x', '--client-id', ''])).err.text).toMatch(
      /^ERROR USAGE: --client-id must be/,
    )
  })
})

describe('help', () => {
  test.each([['--help'], ['-h']])('%s lists the commands and what every command takes', async option => {
    const { status, out } = await world.shell.run([option])
    expect(status).toBe(0)
    for (const word of ['get', 'cat', 'ls', 'stat', 'status', '--server', '--strict'])
      expect(out.text).toContain(word)
  })

  test('of a command lists its own options', async () => {
    const { out } = await world.shell.run(['get', '--help'])
    expect(out.text).toContain('-o, --output')
    expect(out.text).toContain('--from')
    expect(out.text).not.toContain('--sha256')
    expect((await world.shell.run(['--help', 'stat'])).out.text).toContain('--sha256')
  })

  test.each([
    ['put', ['put <FILE..> [PATH]', '-r, --recursive', '--if-match', '--if-absent', '--ack', 'DIR/']],
    ['write', ['write <PATH> [TEXT]', '--ack']],
    ['append', ['append <PATH> [TEXT]', '--create']],
    ['mv', ['mv <OLD> <NEW>', '-f, --force']],
    ['rm', ['rm <PATH>', '-r, --recursive', '-f, --force']],
    ['mkdir', ['mkdir <PATH>', '-p, --parents']],
    ['log', ['log [PATH]', '--since', '-n, --last', '--follow']],
    ['wait', ['wait [PATH]', '--timeout']],
  ])('of %s says what stands behind it', async (name, words) => {
    const { out } = await world.shell.run([name, '--help'])
    for (const word of words) expect(out.text).toContain(word)
  })

  test('--version is the version', async () => {
    expect((await world.shell.run(['--version'])).out.text).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('completion is a script for the shell, and answers what it asks', async () => {
    expect((await world.shell.run(['completion'])).out.text).toContain('complete ')
    const { out } = await world.shell.run(['--get-yargs-completions', 'concur', ''])
    expect(out.lines).toEqual(expect.arrayContaining(['get', 'put', 'append', 'log', 'status']))
    const options = await world.shell.run(['--get-yargs-completions', 'concur', 'mv', '--'])
    expect(options.out.lines).toEqual(expect.arrayContaining(['--force', '--if-match', '--server']))
  })
})

describe('colour', () => {
  test('is for terminals', async () => {
    const terminal = () => new KeptOutput(true)
    const painted = await world.shell.run(['get', 'x'], { out: terminal() })
    expect(painted.out.text).toBe('\u001b[32mSINGLE_FILE\u001b[0m x  19 B  server1 = server2  saved as x\n')
    const failed = await world.shell.run(['get', 'y'], { err: terminal() })
    expect(failed.err.text).toMatch(/^\u001b\[31mERROR NOT_FOUND\u001b\[0m y: /)
    expect((await world.shell.run(['get', 'x', '--json'], { out: terminal() })).out.text).not.toContain(
      '\u001b',
    )
  })

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('not with %j', async environment => {
    world.shell.environment = environment as Record<string, string>
    expect((await world.shell.run(['get', 'x'], { out: new KeptOutput(true) })).out.text).not.toContain(
      '\u001b',
    )
  })
})

describe('progress', () => {
  class KeptBar implements ProgressBar {
    readonly shown: string[] = []
    isThere = false

    show(fraction: number | null, before: string, behind: string): void {
      this.isThere = true
      this.shown.push(`${before} ${fraction ?? '-'} ${behind}`)
    }

    hide(): void {
      this.isThere = false
    }
  }

  async function slowRead(argv: string[], given: { err?: KeptOutput } = {}) {
    const bar = new KeptBar()
    const bytes = Buffer.alloc(4 * 2 ** 20)
    world.server.onRead = stream => {
      world.time.after(1_000, () =>
        stream.send('PROGRESS', { node: node('server2'), bytesDone: 2 ** 20, bytesTotal: 2 ** 22 }),
      )
      world.time.after(2_000, () =>
        stream.send('PROGRESS', { node: node('server2'), bytesDone: 3 * 2 ** 20, bytesTotal: 2 ** 22 }),
      )
      world.time.after(2_500, () => stream.send('VERDICT', verdictOf([{ bytes, on: both }])))
      world.time.after(4_000, () => {
        sendBody(stream, 0, bytes)
        endBodies(stream)
      })
    }
    const running = world.shell.run(argv, { loadBar: async () => bar, ...given })
    await world.time.pass(5_000)
    return { bar, ran: await running }
  }

  test('says what is compared, how fast, and how long it still takes', async () => {
    const { bar, ran } = await slowRead(['get', 'big'], { err: new KeptOutput(true) })
    expect(bar.shown[0]).toBe('comparing big - …')
    expect(bar.shown).toContain('comparing big 0.75 3 MiB of 4 MiB  2 MiB/s  0 s left')
    expect(bar.isThere).toBe(false)
    expect(ran.status).toBe(0)
    expect(ran.err.text).toBe('')
  })

  test.each([
    ['standard error is no terminal', ['get', 'big'], false],
    ['--quiet', ['get', 'big', '--quiet'], true],
  ])('is not shown when %s', async (_, argv, isTerminal) => {
    const { bar } = await slowRead(argv as string[], { err: new KeptOutput(isTerminal as boolean) })
    expect(bar.shown).toEqual([])
  })

  test('is not shown for work of less than half a second', async () => {
    const bar = new KeptBar()
    const { status } = await world.shell.run(['get', 'x'], {
      err: new KeptOutput(true),
      loadBar: async () => bar,
    })
    await world.time.pass(2_000)
    expect([status, bar.shown]).toEqual([0, []])
  })
})

test('several servers are tried in order', async () => {
  const second = await new ScriptedServer(world.time).listen(world.network, { host: 'b', port: 2 })
  second.onRead = readsFrom({ x: [{ bytes: one, on: ['server1'] }] })
  expect((await world.shell.run(['get', 'x', '--server', 'a:1,b:2'])).status).toBe(0)
  expect(second.pathsRead).toEqual(['x'])
})
