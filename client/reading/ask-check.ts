/** A CHECK: whose lock a path is under. Clause: protocol/README.md "LOCK". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

/** @throws ConcurError what the server or the connection said, or TIMEOUT when it says nothing at all. */
export function askCheck(options: {
  connection: Connection
  path: FilePath
  timers: Timers
  silenceMs: number
}): Promise<LockIs> {
  const { path, ...question } = options
  return askOnce({
    ...question,
    opcode: 'CHECK',
    request: { path },
    answer(message) {
      if (message.opcode === 'LOCK_IS') return message.body
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a CHECK`)
    },
  })
}
