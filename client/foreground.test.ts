/** Commands that run under a lock, by real processes: statuses, streams and signals. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientProcess } from '../fixtures/client-process.ts'
import { ScriptedServer } from '../fixtures/client-server.ts'
import { until } from '../fixtures/until.ts'
import { TcpNetwork } from '../protocol/tcp.ts'
import type { Transport } from '../protocol/world.ts'
import { Foreground } from './foreground.ts'
import { systemTimers } from './system.ts'

const deadlineMs = 20_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-foreground-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('what runs in our place', () => {
  const foreground = new Foreground({ hasTerminal: false })
  const run = (...command: string[]) => foreground.run(command, { PATH: process.env.PATH })

  test.each([
    [['true'], { status: 0, reason: null }],
    [['sh', '-c', 'exit 7'], { status: 7, reason: null }],
    [['sh', '-c', 'kill -TERM $$'], { status: 143, reason: null }],
    [['no-such-command'], { status: 127, reason: 'there is no such command' }],
    [['/'], { status: 126, reason: 'it cannot be run' }],
  ])('%j ends with %j', async (command, end) => {
    expect(await run(...command)).toEqual(end)
    expect(foreground.isRunning).toBe(false)
  })

  test.each([
    ['gets the signals that we get', false, 3],
    ['does not get twice what its terminal tells it', true, 4],
  ])(
    '%s',
    async (_, hasTerminal, status) => {
      const other = new Foreground({ hasTerminal })
      const loop = 'trap "exit 3" INT; trap "exit 4" USR1; echo >"$BEGUN"; while :; do sleep 0.02; done'
      const BEGUN = join(folder, 'begun')
      const running = other.run(['bash', '-c', loop], { PATH: process.env.PATH, BEGUN })
      await until(() => existsSync(BEGUN), 'the command')
      process.emit('SIGINT')
      if (hasTerminal) process.emit('SIGUSR1')
      expect((await running).status).toBe(status)
      expect(process.listenerCount('SIGUSR1')).toBe(0)
    },
    deadlineMs,
  )
})

describe('the client', () => {
  let server: ScriptedServer
  let port: number
  let transports: Transport[]
  let close: () => Promise<void>

  beforeEach(async () => {
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
  })

  const lock = (...argv: string[]) => new ClientProcess(['lock', 'x', ...argv], { folder, port })
  const asked = () => server.asked.map(({ opcode }) => opcode)

  test(
    'runs it with its streams and the token, and gives the lock back',
    async () => {
      const { ended } = lock(
        '--',
        'sh',
        '-c',
        'echo "$CONCUR_LOCK_TOKEN $CONCUR_CLIENT_ID" >said; echo no >&2; exit 5',
      )
      expect(await ended).toMatchObject({ status: 5, stderr: 'no\n' })
      expect(readFileSync(join(folder, 'said'), 'utf8')).toMatch(/^812 .+@.+\n$/)
      expect(asked()).toEqual(['LOCK', 'UNLOCK'])
    },
    deadlineMs,
  )

  test(
    'passes a signal on, ends when the command does, and gives the lock back',
    async () => {
      const { child, ended } = lock(
        '--',
        'bash',
        '-c',
        'trap "exit 9" TERM; echo begun >begun; while :; do sleep 0.05; done',
      )
      await until(() => existsSync(join(folder, 'begun')), 'the command')
      child.kill('SIGTERM')
      expect(await ended).toMatchObject({ status: 9, signal: null })
      expect(asked()).toEqual(['LOCK', 'UNLOCK'])
    },
    deadlineMs,
  )
})
