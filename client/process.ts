/** The client's process: the only file that knows standard streams and signals. */
import { hostname, userInfo } from 'node:os'
import { type ClientId, parseClientId } from '../protocol/ids.ts'
import { TcpNetwork } from '../protocol/tcp.ts'
import type { RunCommand } from './commands/context.ts'
import type { Foreground } from './foreground.ts'
import { type Program, runProgram } from './program.ts'
import { Temporaries } from './saving/temporaries.ts'
import type { Pieces } from './sending/stream-source.ts'
import { systemClock, systemRandom, systemTimers } from './system.ts'
import { isTerminal } from './terminal/is-terminal.ts'
import { DescriptorOutput } from './terminal/output.ts'
import type { ProgressBar } from './terminal/progress.ts'
import { StreamCalls } from './terminal/stream-calls.ts'

/** The statuses under which a shell knows a program that a signal ended. */
const signalStatus = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Runs the program with the process's own streams, and ends the process with its exit status. */
export function runProcess(given: Pick<Program, 'argv' | 'split' | 'environment' | 'commands'>): void {
  const temporaries = new Temporaries({ fraction: Math.random })
  const streamCalls = new StreamCalls(systemTimers)
  let bar: ProgressBar | null = null
  const loadBar = async (): Promise<ProgressBar> => {
    const { TerminalBar } = await import('./terminal/progress-bar.ts')
    bar = new TerminalBar(process.stderr)
    return bar
  }
  let foreground: Foreground | null = null
  const runCommand: RunCommand = async (command, environment) => {
    const { Foreground } = await import('./foreground.ts')
    foreground = new Foreground({ hasTerminal: [0, 1, 2].some(isTerminal) })
    return foreground.run(command, { ...given.environment, ...environment })
  }
  for (const [signal, status] of Object.entries(signalStatus)) {
    process.on(signal, () => {
      if (foreground?.isRunning) return
      temporaries.removeAll()
      bar?.hide()
      endBy(signal, status, streamCalls)
    })
  }
  // No timer of the client's holds the process: this one does, until the command has ended.
  setInterval(() => {}, 2 ** 30)
  void runProgram({
    ...given,
    machineConfig: '/etc/concur/client.json',
    defaultClientId: defaultClientId(),
    out: new DescriptorOutput(1, { isTerminal: isTerminal(1), calls: streamCalls }),
    err: new DescriptorOutput(2, { isTerminal: isTerminal(2), calls: streamCalls }),
    openInput,
    readLine: isTerminal(2) && isTerminal(0) ? readLine : null,
    runCommand,
    loadBar,
    dialer: new TcpNetwork(systemTimers),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    temporaries,
    streamCalls,
    folder: '.',
  }).then(status => process.exit(status))
}

/**
 * Leaving in order waits for calls to the system that are under way, and a write to a pipe that nobody reads is one
 * that may never end: then the signal itself ends the process, which a shell shows as the same status.
 */
function endBy(signal: string, status: number, streamCalls: StreamCalls): void {
  process.removeAllListeners(signal)
  if (streamCalls.areWaiting) process.kill(process.pid, signal)
  else process.exit(status)
}

async function openInput(): Promise<Pieces> {
  const { readPieces } = await import('./sending/pieces.ts')
  return readPieces(0, { owned: false })
}

async function readLine(): Promise<string> {
  return (await import('./terminal/read-line.ts')).readLine(process.stdin)
}

/** Some machines know no name for the user that runs this. */
function defaultClientId(): ClientId {
  let user: string
  try {
    user = userInfo().username
  } catch {
    user = String(process.getuid?.())
  }
  return parseClientId(`${user}@${hostname()}`) ?? ('unknown' as ClientId)
}
