/** Real processes: a tiny server, what it says on standard error, and how it ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TinyServerProcess } from '../../fixtures/tiny-server-process.ts'

const deadlineMs = 20_000

let root: string
let servers: TinyServerProcess[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'concur-process-'))
  servers = []
})
afterEach(async () => {
  for (const { child, ended } of servers) {
    child.kill('SIGKILL')
    await ended
  }
  rmSync(root, { recursive: true })
})

function start(options?: ConstructorParameters<typeof TinyServerProcess>[1]): TinyServerProcess {
  const server = new TinyServerProcess(root, options)
  servers.push(server)
  return server
}

function messages(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line).msg)
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s closes a server that listens, and it exits 0',
  async signal => {
    const server = start()
    const { host, port } = await server.listening()
    expect(host).toBe('127.0.0.1')
    const socket = connect(port, host)
    await new Promise<void>(resolve => socket.on('error', () => {}).on('close', () => resolve()))
    server.child.kill(signal)
    const { status, stdout, stderr } = await server.ended
    expect([status, stdout, messages(stderr)]).toEqual([0, '', ['listening', 'closing', 'closed']])
  },
  deadlineMs,
)

test(
  'at the highest level the listening line still comes, and nothing else',
  async () => {
    const server = start({ argv: ['--log-level', 'fatal'] })
    await server.listening()
    server.child.kill('SIGTERM')
    const { status, stderr } = await server.ended
    expect([status, messages(stderr)]).toEqual([0, ['listening']])
  },
  deadlineMs,
)

test(
  'a second signal ends a server that does not close, at once',
  async () => {
    const server = start({ mode: 'hang' })
    await server.listening()
    server.child.kill('SIGINT')
    await server.says('"closing"')
    server.child.kill('SIGTERM')
    expect((await server.ended).status).toBe(143)
  },
  deadlineMs,
)

test(
  'a server that does not close is ended within 5 s, with status 1 and the reason',
  async () => {
    const server = start({ mode: 'hang' })
    await server.listening()
    const signalledMs = performance.now()
    server.child.kill('SIGTERM')
    const { status, stderr } = await server.ended
    expect([status, messages(stderr)]).toEqual([
      1,
      ['listening', 'closing', 'the server did not close in time'],
    ])
    expect(performance.now() - signalledMs).toBeLessThan(5_000)
  },
  deadlineMs,
)

test(
  'a signal during the start closes the server as soon as it has started',
  async () => {
    const server = start({ mode: 'slow-start' })
    await server.says('starting')
    server.child.kill('SIGTERM')
    const { status, stderr } = await server.ended
    expect([status, messages(stderr)]).toEqual([0, ['closing', 'closed']])
  },
  deadlineMs,
)

test(
  'a taken port is one sentence and status 2',
  async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const { status, stdout, stderr } = await start({ argv: ['--listen', `127.0.0.1:${port}`] }).ended
    taken.close()
    const sentence =
      '--listen must be on a port that no other program has taken (port 0 takes a free one), not'
    expect([status, stdout, stderr]).toEqual([2, '', `tiny-server: ${sentence} "127.0.0.1:${port}"\n`])
  },
  deadlineMs,
)

test.each([
  [
    'an option',
    { argv: ['--log-level', 'loud'] },
    '--log-level must be one of trace, debug, info, warn, error, fatal, not "loud"',
  ],
  [
    'a variable',
    { environment: { CONCUR_LISTEN: '1' } },
    'CONCUR_LISTEN must be HOST:PORT or [v6]:PORT, PORT from 0 to 65535, not "1"',
  ],
  ['the server itself', { mode: 'refuse' }, '--root must be a folder of its own, not the one of process 7'],
])(
  'a refusal by %s is one sentence and status 2',
  async (_, options, sentence) => {
    const { status, stdout, stderr } = await start(options).ended
    expect([status, stdout, stderr]).toEqual([2, '', `tiny-server: ${sentence}\n`])
  },
  deadlineMs,
)

test.each([
  ['fail', 1, 'nobody thought of this', ['the server could not start']],
  ['throw', 70, 'thrown in a timer', ['listening', 'a mistake in the program ends it']],
  ['reject', 70, 'rejected in a timer', ['listening', 'a mistake in the program ends it']],
])(
  'mode %s: status %i, and the log has the stack',
  async (mode, status, message, said) => {
    const ended = await start({ mode }).ended
    expect([ended.status, messages(ended.stderr)]).toEqual([status, said])
    const { err } = JSON.parse(ended.stderr.trim().split('\n').at(-1)!)
    expect(err.message).toBe(message)
    expect(err.stack).toContain('tiny-server.ts')
  },
  deadlineMs,
)

test(
  'a last line that is longer than a pipe holds arrives whole',
  async () => {
    const { status, stderr } = await start({ mode: 'fail-at-length' }).ended
    expect([status, JSON.parse(stderr).err.message.length]).toEqual([1, 2_000_000])
  },
  deadlineMs,
)

test(
  'a close that fails is status 1 with the reason',
  async () => {
    const server = start({ mode: 'cannot-close' })
    await server.listening()
    server.child.kill('SIGTERM')
    const { status, stderr } = await server.ended
    expect([status, messages(stderr).at(-1)]).toEqual([1, 'the server could not close'])
  },
  deadlineMs,
)

test(
  '--help and --version go to standard output',
  async () => {
    const [help, version] = await Promise.all([
      start({ argv: ['--help'] }).ended,
      start({ argv: ['--version'] }).ended,
    ])
    expect([help.status, help.stderr, version.status, version.stderr]).toEqual([0, '', 0, ''])
    expect(help.stdout).toMatch(/^tiny-server --root DIR \[options]\n[\s\S]*--name +NAME .*\[default: tiny]/)
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  },
  deadlineMs,
)

test(
  'a server whose log nobody reads any more closes all the same',
  async () => {
    const server = start({ mode: 'chatter' })
    await server.listening()
    server.child.stderr!.removeAllListeners('data').pause()
    await server.says('more than a pipe holds')
    server.child.kill('SIGTERM')
    expect(await new Promise(resolve => server.child.on('exit', resolve))).toBe(0)
    server.child.stderr!.resume()
  },
  deadlineMs,
)

test(
  'a server whose log has lost its reader goes on, and closes',
  async () => {
    const server = start({ mode: 'chatter' })
    const { host, port } = await server.listening()
    server.child.stderr!.destroy()
    const socket = connect(port, host)
    await new Promise<void>(resolve => socket.on('error', () => {}).on('close', () => resolve()))
    server.child.kill('SIGTERM')
    expect(await new Promise(resolve => server.child.on('exit', resolve))).toBe(0)
  },
  deadlineMs,
)
