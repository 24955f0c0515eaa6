/** An EXAMINE: the condition of every node. Clause: protocol/README.md "EXAMINE". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Examined } from '../../protocol/examine-messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

/** @throws ConcurError what the server or the connection said, or TIMEOUT. */
export function askExamine(options: {
  connection: Connection
  timers: Timers
  silenceMs: number
}): Promise<Examined> {
  return askOnce({
    ...options,
    opcode: 'EXAMINE',
    request: {},
    answer(message) {
      if (message.opcode === 'EXAMINED') return message.body
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to an EXAMINE`)
    },
  })
}
