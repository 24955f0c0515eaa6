/** Changes by real processes: what stands on standard input, signals, and servers that refuse early. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Upload } from '../fixtures/client-changes.ts'
import { ClientProcess, clientCommand } from '../fixtures/client-process.ts'
import { ScriptedServer } from '../fixtures/client-server.ts'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import { blockBytes } from '../protocol/limits.ts'
import { TcpNetwork } from '../protocol/tcp.ts'
import type { Transport } from '../protocol/world.ts'
import { systemTimers } from './system.ts'

const deadlineMs = 20_000

let folder: string
let server: ScriptedServer
let port: number
let transports: Transport[]
let close: () => Promise<void>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concur-changes-'))
  transports = []
  server = new ScriptedServer(systemTimers)
  const tcp = new TcpNetwork(systemTimers)
  await server.listen({
    async listen(_, onTransport) {
      const listening = await tcp.listen({ host: '127.0.0.1', port: 0 }, transport => {
        transports.push(transport)
        onTransport(transport)
      })
      port = listening.address.port
      close = () => listening.close()
      return listening
    },
  })
})

afterEach(async () => {
  for (const transport of transports) transport.destroy()
  await close()
  rmSync(folder, { recursive: true })
})

/** Runs a line of bash in which `concur` is the client. */
function shell(line: string): Promise<{ status: number | null; out: string; err: string }> {
  const words = [process.execPath, ...clientCommand].map(word => `'${word}'`).join(' ')
  const child = spawn('bash', ['-c', `concur() { exec ${words} "$@"; }; ${line}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, CONCUR_SERVER: `127.0.0.1:${port}`, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  return new Promise(resolve => child.on('close', status => resolve({ status, out, err })))
}

test.each([
  ['a pipe', 'printf "one\\ntwo" | concur write x', 'one\ntwo'],
  ['a slow pipe', '(printf one; sleep 0.2; printf two) | concur append x -', 'onetwo'],
  ['a file', 'printf text >file; (read -r -N 2; concur put - x) <file', 'xt'],
  ['nothing', 'concur write x </dev/null', ''],
  ['a here-document', 'concur write x <<<text', 'text\n'],
  ['the output of a command that is named', 'concur put <(printf through) x', 'through'],
  [
    'an argument that is not UTF-8',
    `concur write x "$(printf 'caf\\351')"`,
    Buffer.from('caf\u00e9', 'latin1'),
  ],
])(
  'the bytes come from %s',
  async (_, line, content) => {
    const ran = await shell(line)
    expect(ran).toMatchObject({ status: 0, err: '' })
    expect(server.uploads[0]!.bytes).toEqual(Buffer.from(content as string))
  },
  deadlineMs,
)

test(
  'a large pipe comes whole',
  async () => {
    const ran = await shell(`head -c ${20 * blockBytes} /dev/zero | concur write x`)
    expect(ran).toMatchObject({
      status: 0,
      out: 'write x  20 MiB  seq 812  copies 2 of 2\nundo: concur restore x --at 811\n',
    })
    expect(server.uploads[0]!.bytesHeard).toBe(20 * blockBytes)
  },
  deadlineMs,
)

/** The server is full when the first MiB has come. */
function refuseEarly(): void {
  server.onChange = stream => {
    new Upload(stream, {
      onFrame: ({ bytesHeard }) => {
        if (bytesHeard >= blockBytes) stream.fail(new ConcurError('NO_SPACE', 'server2 is full'))
      },
    })
  }
}

test(
  'who reads the same pipe next does not feel the client',
  async () => {
    refuseEarly()
    const bytes = blockBytes + 1
    const ran = await shell(
      `(head -c ${bytes} /dev/zero; sleep 1; printf late) | { (concur write x); cat | tail -c 4; }`,
    )
    expect(ran).toMatchObject({ status: 0, out: 'late', err: 'ERROR NO_SPACE x: server2 is full\n' })
  },
  deadlineMs,
)

test(
  'a refusal ends the client though its standard input goes on',
  async () => {
    refuseEarly()
    const { child, ended } = new ClientProcess(['write', 'x'], { folder, port, stdin: 'pipe' })
    child.stdin!.on('error', () => {})
    child.stdin!.write(Buffer.alloc(blockBytes + 1))
    expect(await ended).toMatchObject({ status: 2, stderr: 'ERROR NO_SPACE x: server2 is full\n' })
    child.stdin!.destroy()
  },
  deadlineMs,
)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s in the middle of an upload ends the client, and the server is told',
  async (signal, status) => {
    writeFileSync(join(folder, 'large'), '')
    truncateSync(join(folder, 'large'), 2 ** 30)
    server.onChange = stream => void server.uploads.push(new Upload(stream, { grants: false, keeps: false }))
    const { child, ended } = new ClientProcess(['put', 'large'], { folder, port })
    await until(() => (server.uploads[0]?.bytesHeard ?? 0) >= blockBytes, 'the first MiB')
    child.kill(signal)
    expect(await ended).toMatchObject({ status, stderr: '' })
    await until(() => (server.uploads[0]?.failed ?? null) !== null, 'the server to feel it')
    expect(server.uploads[0]!.seal).toBeNull()
  },
  deadlineMs,
)

test(
  'SIGINT while nothing comes on standard input ends the client',
  async () => {
    const { child, ended } = new ClientProcess(['write', 'x'], { folder, port, stdin: 'pipe' })
    await until(() => server.hellos.length === 1, 'the client')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ status: 130, stderr: '' })
    child.stdin!.destroy()
  },
  deadlineMs,
)
