/** A PAST: one question, and what paths were, in pages. Clause: protocol/README.md "PAST". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { PastEntry, PastRequest } from '../../protocol/past-messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

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
  const { connection, request, timers, silenceMs } = options
  const entries: PastEntry[] = []
  return new Promise((resolve, reject) => {
    const stream = connection.request('PAST', request, {
      onMessage(message, fin, bytes) {
        silence.heard()
        if (message.opcode === 'PROGRESS') return
        if (message.opcode !== 'PAST_IS')
          throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a PAST`)
        entries.push(...message.body.entries)
        stream.consumed(bytes)
        if (!fin) return
        silence.end()
        resolve({ at: message.body.at, entries })
      },
      onFailed(error) {
        silence.end()
        reject(error)
      },
    })
    const silence = new Silence({
      timers,
      limitMs: silenceMs,
      onSilent() {
        stream.cancel()
        reject(new ConcurError('TIMEOUT', `the server said nothing for ${silenceMs / 1000} s`))
      },
    })
  })
}
