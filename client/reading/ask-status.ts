/** A STATUS: one question, one answer. Clause: protocol/README.md "STATUS". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Status } from '../../protocol/messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

/** @throws ConcurError what the server or the connection said, or TIMEOUT. */
export function askStatus(options: {
  connection: Connection
  timers: Timers
  silenceMs: number
}): Promise<Status> {
  const { connection, timers, silenceMs } = options
  return new Promise((resolve, reject) => {
    const stream = connection.request(
      'STATUS',
      {},
      {
        onMessage(message) {
          silence.heard()
          if (message.opcode === 'PROGRESS') return
          silence.end()
          if (message.opcode === 'STATUS_IS') return resolve(message.body)
          throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a STATUS`)
        },
        onFailed(error) {
          silence.end()
          reject(error)
        },
      },
    )
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
