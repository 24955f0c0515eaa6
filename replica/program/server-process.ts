/** How a server's process begins: what it is told, its log, the world, and then the server itself. */
import { readFileSync } from 'node:fs'
import { ConcurError } from '../../protocol/errors.ts'
import type { ValuesOf } from '../../protocol/options.ts'
import { type Asked, readServerOptions, sourcesOfOptions, splitArguments } from './arguments.ts'
import type { Log } from './log.ts'
import { standardErrorSink } from './log-sink.ts'
import { prettyLines, ServerLog } from './logger.ts'
import { sendDatagram } from './notify-socket.ts'
import { exitRefused, type RunningServer, ServerLife } from './server-life.ts'
import type { ServerTable, ServerValues } from './server-options.ts'
import { ServiceManager } from './service-manager.ts'
import { realWorld, type World } from './world.ts'

export interface ServerProgram<T extends ServerTable> {
  readonly program: string
  /** One sentence for --help. */
  readonly summary: string
  /** The package.json that says the version. */
  readonly packageFile: URL
  readonly options: T
  /**
   * Resolves when the server answers.
   * @throws ConcurError USAGE, or the system's error of listening: one sentence and exit status 2.
   */
  start(values: ValuesOf<T>, world: World, log: Log, version: string): Promise<RunningServer>
}

/** Runs a server until it is told to stop. `process`: argv, environment, standard error and signals come from there. */
export async function runServer<T extends ServerTable>(
  server: ServerProgram<T>,
  process: NodeJS.Process,
): Promise<void> {
  const told = tellServer(server, process)
  if (told === null) return
  const { env: environment } = process
  const world = realWorld()
  const shared = told as unknown as ServerValues
  const serverLog = new ServerLog({
    level: shared['log-level'],
    sink: standardErrorSink(process),
    timers: world.timers,
    pretty: process.stderr.isTTY ? await prettyLines({ colour: !environment.NO_COLOR }) : null,
  })
  const { timers } = world
  const { log } = serverLog
  const manager = new ServiceManager({ environment, pid: process.pid, timers, log, send: sendDatagram })
  const life = new ServerLife({ program: server.program, process, serverLog, timers, manager })
  life.watch()
  await life.run(() => server.start(told, world, serverLog.log, versionIn(server.packageFile)), shared.listen)
}

/** @returns what the server is told; null when there is no server to run, and the process was told how to end. */
function tellServer<T extends ServerTable>(
  server: ServerProgram<T>,
  process: NodeJS.Process,
): ValuesOf<T> | null {
  const { program, options, packageFile } = server
  const { argv, env: environment } = process
  try {
    const version = versionIn(packageFile)
    const asked: Asked = splitArguments(
      {
        ...server,
        version,
        columns: process.stdout.columns ?? 100,
        synopsis: '--root DIR',
        epilogue: sourcesOfOptions,
      },
      argv.slice(2),
    )
    if (asked.is === 'run') return readServerOptions(options, { argv: asked.argv, environment })
    process.stdout.write(`${asked.text}\n`)
  } catch (error) {
    if (!(error instanceof ConcurError)) throw error
    process.stderr.write(`${program}: ${error.message}\n`)
    process.exitCode = exitRefused
  }
  return null
}

function versionIn(packageFile: URL): string {
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version
}
