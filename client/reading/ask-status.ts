/** A STATUS: one question, one answer. Clause: protocol/README.md "STATUS". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Status } from '../../protocol/messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

/** @throws ConcurError what the server or the connection said, or TIMEOUT. */
export function askStatus(options: {
  connection: Connection
  timers: Timers
  silenceMs: number
}): Promise<Status> {
  return askOnce({
    ...options,
    opcode: 'STATUS',
    request: {},
    answer(message) {
      if (message.opcode === 'STATUS_IS') return message.body
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a STATUS`)
    },
  })
}
