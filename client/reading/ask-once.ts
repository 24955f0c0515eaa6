/** A question with one answer, of one frame or of more. A server that works on it says so, and is waited for. */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { type BodyOf, type Message, opcodes, type RequestOpcode } from '../../protocol/opcodes.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

export interface Question<K extends RequestOpcode, T> {
  readonly connection: Connection
  readonly opcode: K
  readonly request: BodyOf<K>
  /**
   * @returns the answer; null when more is to come; an error when no more is wanted.
   * @throws ConcurError BAD_FRAME for a frame that is no answer: the server's mistake, by which the connection ends.
   */
  readonly answer: (message: Message, fin: boolean) => T | ConcurError | null
  readonly timers: Timers
  readonly silenceMs: number
}

/** The server said nothing at all for too long. */
export class SilentError extends ConcurError {}

/** @throws ConcurError what the server or the connection said, or TIMEOUT. */
export function askOnce<K extends RequestOpcode, T extends object>(question: Question<K, T>): Promise<T> {
  const { connection, opcode, request, answer, timers, silenceMs } = question
  return new Promise((resolve, reject) => {
    const stream = connection.request(opcode, request, {
      onMessage(message, fin, bytes) {
        silence.heard()
        if (message.opcode === 'PROGRESS') return
        const said = answer(message, fin)
        if (opcodes[message.opcode].lane === 'flow') stream.consumed(bytes)
        if (said === null) return
        silence.end()
        if (!(said instanceof ConcurError)) return resolve(said)
        stream.cancel()
        reject(said)
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
        reject(new SilentError('TIMEOUT', `the server said nothing for ${silenceMs / 1000} s`))
      },
    })
  })
}
