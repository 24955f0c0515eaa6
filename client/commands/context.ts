/** What a command works with, and what its end is called. */
import type { Clock, Timers } from '../../protocol/world.ts'
import type { ConcurClient } from '../concur-client.ts'
import type { CommandEnd } from '../foreground.ts'
import type { Temporaries } from '../saving/temporaries.ts'
import type { Pieces } from '../sending/stream-source.ts'
import type { Output } from '../terminal/output.ts'
import type { Progress } from '../terminal/progress.ts'
import type { StreamCalls } from '../terminal/stream-calls.ts'
import type { Paint } from '../words/paint.ts'

/** 0: done. 1: copies differ. 2: anything else. As diff(1). */
export type ExitStatus = 0 | 1 | 2

/** @returns the program's exit status, and why it did not run where it did not. */
export type RunCommand = (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
) => Promise<CommandEnd>

export interface CommandContext {
  readonly client: ConcurClient
  readonly json: boolean
  readonly strict: boolean
  readonly quiet: boolean
  readonly out: Output
  readonly err: Output
  /** Runs a program in our place, with more in its environment. */
  readonly runCommand: RunCommand
  /** Standard input. */
  readonly openInput: () => Promise<Pieces>
  /** A line that a person types at the terminal; null: nobody sits at one. */
  readonly readLine: (() => Promise<string>) | null
  /** Colour for what goes to `out` and to `err`. */
  readonly paintOut: Paint
  readonly paintErr: Paint
  readonly progress: Progress
  readonly temporaries: Temporaries
  readonly streamCalls: StreamCalls
  readonly clock: Clock
  readonly timers: Timers
  /** The folder that relative names of files here belong to. */
  readonly folder: string
}

/** @returns the worse of two ends. */
export function worse(a: ExitStatus, b: ExitStatus): ExitStatus {
  return a > b ? a : b
}
