/** Real processes: signals, outputs that nobody reads, and arguments that are not text. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFile, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ClientProcess, clientCommand } from '../fixtures/client-process.ts'
import { readsFrom, ScriptedServer, verdictOf } from '../fixtures/client-server.ts'
import { digestOf } from '../protocol/digest.ts'
import { blockBytes } from '../protocol/limits.ts'
import { TcpNetwork } from '../protocol/tcp.ts'
import type { Transport } from '../protocol/world.ts'
import { systemTimers } from './system.ts'

const deadlineMs = 20_000
const large = Buffer.alloc(40 * blockBytes, 'large ')
const both = ['server1', 'server2']

let folder: string
let server: ScriptedServer
let port: number
let transports: Transport[]
let processes: ClientProcess[]
let close: () => Promise<void>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concur-main-'))
  processes = []
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
  server.onRead = readsFrom({
    large: [{ bytes: large, on: both }],
    small: [{ bytes: Buffer.from('small\n'), on: both }],
  })
})

afterEach(async () => {
  for (const { child, ended } of processes) {
    child.kill('SIGKILL')
    child.stdout?.destroy()
    await ended
  }
  for (const transport of transports) transport.destroy()
  await close()
  rmSync(folder, { recursive: true })
})

function start(argv: readonly string[]): ClientProcess {
  const started = new ClientProcess(argv, { folder, port })
  processes.push(started)
  return started
}

/** Sends half of the file and then nothing. */
function sendHalf(): Promise<void> {
  return new Promise(resolve => {
    server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: large, on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: large.length })
      void stream.sendPiece('DIGESTS', digestOf(large).blockDigests)
      void stream.sendPiece('CHUNK', large.subarray(0, large.length / 2)).then(resolve)
    }
  })
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s in the middle of a read leaves nothing behind, and what lay there',
  async (signal, status) => {
    writeFileSync(join(folder, 'large'), 'mine')
    const halfSent = sendHalf()
    const { child, ended } = start(['get', 'large'])
    await halfSent
    expect(readdirSync(folder)).toHaveLength(2)
    child.kill(signal)
    expect(await ended).toMatchObject({ status, stderr: '' })
    expect(readdirSync(folder)).toEqual(['large'])
    expect(readFileSync(join(folder, 'large'), 'utf8')).toBe('mine')
  },
  deadlineMs,
)

test(
  'a signal ends a client whose output nobody reads',
  async () => {
    const { child, exited } = start(['cat', 'large'])
    await once(child.stdout!, 'readable')
    child.kill('SIGINT')
    await exited
    expect([130, 'SIGINT']).toContain(child.exitCode ?? child.signalCode)
  },
  deadlineMs,
)

test(
  'a reader that goes away ends the client quietly',
  async () => {
    const { child, ended } = start(['cat', 'large'])
    await once(child.stdout!, 'readable')
    child.stdout!.destroy()
    expect(await ended).toMatchObject({ status: 141, stderr: '' })
  },
  deadlineMs,
)

test(
  'an argument that is not UTF-8 is no path',
  () => {
    const script = `printf 'caf\\351\\0' | xargs -0 "$0" "$@" get`
    const shell = () =>
      execFileSync('bash', ['-c', script, process.execPath, ...clientCommand], { cwd: folder, stdio: 'pipe' })
    expect(shell).toThrow(/ERROR BAD_PATH caf\ufffd: not a path: it is not valid UTF-8/)
  },
  deadlineMs,
)

test(
  'a FIFO is written to and stays one',
  async () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const { ended } = start(['get', 'small', '-o', 'fifo'])
    const read = await promisify(readFile)(fifo, 'utf8')
    expect(read).toBe('small\n')
    expect((await ended).status).toBe(0)
    expect(statSync(fifo).isFIFO()).toBe(true)
  },
  deadlineMs,
)
