/** A WAIT: one question, and an answer that may take its time. Clause: protocol/README.md "WAIT". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Waited } from '../../protocol/messages.ts'
import type { BodyOf } from '../../protocol/opcodes.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

/** @throws ConcurError what the server or the connection said, or TIMEOUT when it says nothing at all. */
export function askWait(options: {
  connection: Connection
  request: BodyOf<'WAIT'>
  timers: Timers
  silenceMs: number
}): Promise<Waited> {
  return askOnce({
    ...options,
    opcode: 'WAIT',
    answer(message) {
      if (message.opcode === 'WAITED') return message.body
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a WAIT`)
    },
  })
}
