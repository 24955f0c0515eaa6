/**
 * What the system's manager of services is told of a server: that it answers, that it goes on working, that it stops. The
 * manager is systemd, and says in the environment where it listens; without it nothing is told.
 */
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { Log } from './log.ts'

export interface ServiceManagerOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly pid: number
  readonly timers: Timers
  readonly log: Log
  /** @throws Error when it cannot be sent. */
  readonly send: (socket: string, text: string) => void
}

export class ServiceManager {
  private readonly options: ServiceManagerOptions
  private readonly socket: string | null
  private callOff: Cancel = () => {}

  constructor(options: ServiceManagerOptions) {
    this.options = options
    this.socket = options.environment.NOTIFY_SOCKET || null
  }

  /** The server answers. From here on the manager hears that its loop goes round, if it wants to. */
  ready(where: string): void {
    this.tell(`READY=1\nSTATUS=listening on ${where}`)
    const everyMs = this.watchdogMs()
    if (everyMs !== null) this.watch(everyMs / 2)
  }

  stopping(): void {
    this.callOff()
    this.tell('STOPPING=1')
  }

  private watch(everyMs: number): void {
    this.callOff = this.options.timers.after(everyMs, () => {
      this.tell('WATCHDOG=1')
      this.watch(everyMs)
    })
  }

  /** @returns milliseconds within which it wants to hear; null: it does not. */
  private watchdogMs(): number | null {
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.options.environment
    const us = Number(WATCHDOG_USEC)
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === this.options.pid
    return isOurs && us > 0 ? us / 1_000 : null
  }

  private tell(text: string): void {
    if (this.socket === null) return
    try {
      this.options.send(this.socket, text)
    } catch (error) {
      this.options.log.warn({ reason: (error as Error).message }, 'the service manager was not told')
    }
  }
}
