import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { sendDatagram } from './notify-socket.ts'
import { ServiceManager } from './service-manager.ts'

const socket = '/run/notify'
let time: FakeTime
let told: string[]
let warned: string[]
beforeEach(() => {
  time = new FakeTime()
  told = []
  warned = []
})

function managed(
  environment: NodeJS.ProcessEnv,
  send = (to: string, text: string) => void told.push(to, text),
) {
  const nothing = () => {}
  const log = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields: object, message: string) => void warned.push(message, JSON.stringify(fields)),
  }
  return new ServiceManager({ environment, pid: 7, timers: time, log, send })
}

test('hears that the server answers and where, and that it stops', () => {
  const manager = managed({ NOTIFY_SOCKET: socket })
  manager.ready('127.0.0.1:6001')
  manager.stopping()
  expect(told).toEqual([socket, 'READY=1\nSTATUS=listening on 127.0.0.1:6001', socket, 'STOPPING=1'])
  expect(time.timerCount).toBe(0)
})

test('that wants to hear of it hears twice in its time that the loop goes round, until the server stops', () => {
  const manager = managed({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' })
  manager.ready('x')
  told.length = 0
  time.passAtOnce(30_000)
  expect(told).toEqual([socket, 'WATCHDOG=1', socket, 'WATCHDOG=1'])
  manager.stopping()
  time.passAtOnce(60_000)
  expect(told).toHaveLength(6)
})

test.each([
  ['that is not there is told nothing', { WATCHDOG_USEC: '30000000' }],
  ['whose socket has no name is told nothing', { NOTIFY_SOCKET: '' }],
])('%s', (_, environment) => {
  managed(environment).ready('x')
  time.passAtOnce(60_000)
  expect(told).toEqual([])
})

test('that watches another process is told nothing of this loop', () => {
  managed({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }).ready('x')
  time.passAtOnce(60_000)
  expect(told).toHaveLength(2)
})

test('that cannot be told is named in the log, and the server goes on', () => {
  managed({ NOTIFY_SOCKET: socket }, () => {
    throw new Error('nothing sent')
  }).stopping()
  expect(warned).toEqual(['the service manager was not told', '{"reason":"nothing sent"}'])
})

describe('a datagram', () => {
  const listener = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0), 1))
print('bound', flush=True)
print(s.recv(100).decode(), flush=True)
`
  const hasPython = (() => {
    try {
      execFileSync('python3', ['-c', ''])
      return true
    } catch {
      return false
    }
  })()
  const ifPython = hasPython ? test : test.skip

  ifPython.each(['a path', '@ a name that lies in no folder'])('arrives at %s', async kind => {
    const folder = mkdtempSync(join(tmpdir(), 'concur-notify-'))
    const name = kind.startsWith('@') ? `@concur-notify-${process.pid}` : join(folder, 'socket')
    const child = spawn('python3', ['-c', listener, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines: string[] = []
      child.stdout.setEncoding('utf8').on('data', text => lines.push(text))
      await once(child.stdout, 'data')
      sendDatagram(name, 'READY=1')
      await once(child, 'close')
      expect(lines.join('')).toBe('bound\nREADY=1\n')
    } finally {
      child.kill()
      rmSync(folder, { recursive: true })
    }
  })

  test('to nobody is an error that names it', () => {
    expect(() => sendDatagram('/nowhere/at-all', 'READY=1')).toThrow(
      /^nothing sent to \/nowhere\/at-all: errno \d+$/,
    )
  })
})
