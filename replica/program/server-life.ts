/**
 * The life of a server's process, from the start of the server to the exit status. Knows nothing of what it serves.
 *
 * Exit status: 0 after SIGTERM or SIGINT, once the server is closed; 1 where it could not start, or did not close in
 * time; 2 for a refusal, in one sentence; 70 for a mistake of ours that nobody caught; 128 + n when a second signal n
 * cuts the end short.
 */
import { constants } from 'node:os'
import { addressText } from '../../protocol/addresses.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Address, Timers } from '../../protocol/world.ts'
import { listenRefusal } from './listen-refusal.ts'
import type { ServerLog } from './logger.ts'
import type { ServiceManager } from './service-manager.ts'

/** Milliseconds that a server has to close; the contract allows 5 s in all. */
const closeWithinMs = 4_000
/** Milliseconds that the log has to leave before the process ends. */
const logWithinMs = 500

const exitFailed = 1
export const exitRefused = 2
const exitMistake = 70

export interface RunningServer {
  /** Where it answers. */
  readonly address: Address
  /** Finishes what was acknowledged, and lets go of everything. */
  close(): Promise<void>
}

interface LifeOptions {
  readonly program: string
  readonly process: NodeJS.Process
  readonly serverLog: ServerLog
  readonly timers: Timers
  readonly manager: ServiceManager
}

/** From the start of one server to the end of its process. */
export class ServerLife {
  private readonly options: LifeOptions
  private started: Promise<RunningServer> | null = null
  private isEnding = false

  constructor(options: LifeOptions) {
    this.options = options
  }

  /** From here on, signals and mistakes end the process as they should. */
  watch(): void {
    const { process, serverLog } = this.options
    process.on('exit', () => serverLog.flushNow())
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.onSignal(signal))
    process.on('uncaughtException', error => this.onMistake(error))
    process.on('unhandledRejection', reason => this.onMistake(reason))
  }

  async run(start: () => Promise<RunningServer>, listen: Address): Promise<void> {
    const { serverLog, manager } = this.options
    try {
      this.started = start()
      const { address } = await this.started
      if (this.isEnding) return
      serverLog.listening(address)
      manager.ready(addressText(address))
    } catch (error) {
      await this.onStartFailed(error, listen)
    }
  }

  private async onStartFailed(error: unknown, listen: Address): Promise<void> {
    const { program, process, serverLog } = this.options
    const isRefusal = error instanceof ConcurError && error.code === 'USAGE'
    const sentence = isRefusal ? error.message : listenRefusal(error, listen)
    if (sentence === null) {
      serverLog.fatal({ err: error }, 'the server could not start')
      return this.end(exitFailed)
    }
    await serverLog.flush(logWithinMs)
    process.stderr.write(`${program}: ${sentence}\n`)
    await this.end(exitRefused)
  }

  private onSignal(signal: 'SIGTERM' | 'SIGINT'): void {
    const { process, serverLog, timers, manager } = this.options
    if (this.isEnding) process.exit(128 + constants.signals[signal])
    this.isEnding = true
    manager.stopping()
    serverLog.log.info({ signal }, 'closing')
    timers.after(closeWithinMs, () => {
      serverLog.fatal({ ms: closeWithinMs }, 'the server did not close in time')
      void this.end(exitFailed)
    })
    void this.close()
  }

  /** A signal may come while the server starts: it is closed as soon as it has started. */
  private async close(): Promise<void> {
    const { serverLog } = this.options
    let server: RunningServer | null
    try {
      server = await this.started
    } catch {
      return // run() tells why it could not start.
    }
    try {
      await server?.close()
      serverLog.log.info({}, 'closed')
      await this.end(0)
    } catch (error) {
      serverLog.fatal({ err: error }, 'the server could not close')
      await this.end(exitFailed)
    }
  }

  /** Nothing is known of the state any more: nothing is closed, everything may be. */
  private onMistake(error: unknown): void {
    const { process, serverLog } = this.options
    serverLog.fatal({ err: error }, 'a mistake in the program ends it')
    process.exit(exitMistake)
  }

  private async end(status: number): Promise<void> {
    const { process, serverLog } = this.options
    await serverLog.flush(logWithinMs)
    process.exit(status)
  }
}
