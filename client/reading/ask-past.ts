/** A PAST: one question, and what paths were, in pages. Clause: protocol/README.md "PAST". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { PastEntry, PastRequest } from '../../protocol/past-messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

export interface Past {
  /** The operation behind which it was so. */
  readonly at: number
  /** The path itself first, then what is otherwise now below it. */
  readonly entries: readonly PastEntry[]
}

/** @throws ConcurError what the server or the connection said, or TIMEOUT when it says nothing at all. */
export function askPast(options: {
  connection: Connection
  request: PastRequest
  timers: Timers
  silenceMs: number
}): Promise<Past> {
  const entries: PastEntry[] = []
  return askOnce({
    ...options,
    opcode: 'PAST',
    answer(message, fin) {
      if (message.opcode !== 'PAST_IS')
        throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a PAST`)
      for (const entry of message.body.entries) entries.push(entry)
      return fin ? { at: message.body.at, entries } : null
    },
  })
}
