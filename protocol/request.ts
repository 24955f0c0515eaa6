/** A request as the acceptor takes it from its frame: the edge at which its mistakes are told apart from the connection's. */
import { asConcurError, ConcurError } from './errors.ts'
import type { Frame } from './frame.ts'
import type { Hello } from './messages.ts'
import { decodeBody, mayAsk, type Request, type RequestOpcode } from './opcodes.ts'
import { uploadOf } from './upload.ts'

/**
 * @returns the request, or why it is refused: BAD_PATH for a path that is none, FORBIDDEN for what `role` may not ask.
 * @throws ConcurError BAD_FRAME when the frame is not of its opcode's grammar, has FIN though more must follow, or lacks
 *   it though nothing may.
 */
export function readRequest(frame: Frame, role: Hello['role']): Request | ConcurError {
  const opcode = frame.opcode as RequestOpcode
  try {
    const request = decodeBody(opcode, frame.body) as Request
    if (frame.fin !== (uploadOf(request) === null))
      throw new ConcurError('BAD_FRAME', `${opcode} ${frame.fin ? 'with' : 'without'} FIN`)
    return mayAsk(role, opcode)
      ? request
      : new ConcurError('FORBIDDEN', `a ${role} may not ask for ${opcode}`)
  } catch (error) {
    const known = asConcurError(error)
    if (known.code === 'BAD_PATH') return known
    throw known
  }
}
