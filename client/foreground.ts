/** A command that runs in our place: with our streams, and with the signals that we get. As flock(1) runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'

/** Signals that would end us, or do something else, and are the command's while it runs. */
const passedOn = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const

/** A terminal tells these to everybody who runs in it. */
const fromTerminal: readonly string[] = ['SIGINT', 'SIGQUIT']

/** As a shell: there is no such command, or it cannot be run. */
const notFoundStatus = 127
const notRunStatus = 126

export interface CommandEnd {
  readonly status: number
  /** Why it did not run, or null. */
  readonly reason: string | null
}

export class Foreground {
  private readonly hasTerminal: boolean
  private child: ChildProcess | null = null

  /** `hasTerminal`: we run in one. */
  constructor(options: { hasTerminal: boolean }) {
    this.hasTerminal = options.hasTerminal
  }

  /** @returns its exit status; 128 and the signal's number where one ended it. */
  async run([program, ...words]: readonly string[], environment: NodeJS.ProcessEnv): Promise<CommandEnd> {
    const listeners = passedOn.map(signal => [signal, () => void this.pass(signal)] as const)
    for (const [signal, listener] of listeners) process.on(signal, listener)
    try {
      return await this.ended(spawn(program!, words, { stdio: 'inherit', env: environment }))
    } finally {
      this.child = null
      for (const [signal, listener] of listeners) process.off(signal, listener)
    }
  }

  /** Whether a command runs, which signals are for. */
  get isRunning(): boolean {
    return this.child !== null
  }

  private pass(signal: NodeJS.Signals): void {
    if (!(this.hasTerminal && fromTerminal.includes(signal))) this.child?.kill(signal)
  }

  private ended(child: ChildProcess): Promise<CommandEnd> {
    this.child = child
    return new Promise(resolve => {
      child.once('error', error => {
        const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
        const reason = isMissing ? 'there is no such command' : 'it cannot be run'
        resolve({ status: isMissing ? notFoundStatus : notRunStatus, reason })
      })
      child.once('exit', (status, signal) => {
        resolve({ status: status ?? 128 + constants.signals[signal!], reason: null })
      })
    })
  }
}
