/**
 * The server's log: pino, one line of JSON each, on standard error; for people, in colour, where that is a terminal.
 * What pino prints goes through LogOutput.
 */
import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { Address, Timers } from '../../protocol/world.ts'
import type { Log } from './log.ts'
import { LogOutput } from './log-output.ts'
import type { LogSink } from './log-sink.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface LoggerOptions {
  readonly level: LogLevel
  readonly sink: LogSink
  readonly timers: Timers
  /** What makes a line of JSON readable for people; null: lines stay JSON. */
  readonly pretty: ((line: string) => string) | null
}

/** The log of a process, and what only the process's own beginning and end need of it. */
export class ServerLog {
  readonly log: Log
  private readonly output: LogOutput
  private readonly logger: Logger

  constructor({ level, sink, timers, pretty }: LoggerOptions) {
    const shown = pretty ?? (line => line)
    this.output = new LogOutput({ sink, timers, lostLine: lines => shown(lostLine(lines)) })
    this.logger = pino(
      {
        level,
        base: { pid: process.pid },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: label => ({ level: label }) },
        serializers: { err: stdSerializers.err },
      },
      { write: line => this.output.write(shown(line)) },
    )
    this.log = this.logger
  }

  /** The one line that comes at every level: the server answers at `address`. */
  listening({ host, port }: Address): void {
    this.logger.child({}, { level: 'info' }).info({ host, port }, 'listening')
  }

  /** Why the process ends: at every level. */
  fatal(fields: object, message: string): void {
    this.logger.fatal(fields, message)
  }

  /** Resolves when every line has left, or after `withinMs`. */
  flush(withinMs: number): Promise<void> {
    return this.output.flush(withinMs)
  }

  /** To be called when the process ends. */
  flushNow(): void {
    this.output.flushNow()
  }
}

/** @returns what shows a line of JSON to people; loaded only where somebody looks. */
export async function prettyLines(options: { colour: boolean }): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({
    colorize: options.colour,
    ignore: 'pid',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  }) as (line: string) => string
}

function lostLine(lines: number): string {
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), pid: process.pid, lines, msg: 'log lines were lost' })}\n`
}
