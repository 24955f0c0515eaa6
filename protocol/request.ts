/** A request as the acceptor takes it from its frame: the edge at which its mistakes are told apart from the connection's. */
import { asConcurError, ConcurError } from './errors.ts'
import type { Frame } from './frame.ts'
import type { Hello, Rights } from './messages.ts'
import { decodeBody, mayAsk, type Request, type RequestOpcode } from './opcodes.ts'
import { wantsAdmin } from './rights.ts'
import { uploadOf } from './upload.ts'

/**
 * @returns the request, or why it is refused: BAD_PATH for a path that is none, FORBIDDEN for what `role` may not ask, or not
 *   with its `rights`.
 * @throws ConcurError BAD_FRAME when the frame is not of its opcode's grammar, has FIN though more must follow, or lacks
 *   it though nothing may.
 */
export function readRequest(
  frame: Frame,
  { role, rights }: { role: Hello['role']; rights: Rights },
): Request | ConcurError {
  const opcode = frame.opcode as RequestOpcode
  try {
    const request = decodeBody(opcode, frame.body) as Request
    if (frame.fin !== (uploadOf(request) === null))
      throw new ConcurError('BAD_FRAME', `${opcode} ${frame.fin ? 'with' : 'without'} FIN`)
    if (!mayAsk(role, opcode)) return new ConcurError('FORBIDDEN', `a ${role} may not ask for ${opcode}`)
    if (rights !== 'admin' && wantsAdmin(request))
      return new ConcurError('FORBIDDEN', 'this wants the admin key')
    return request
  } catch (error) {
    const known = asConcurError(error)
    if (known.code === 'BAD_PATH') return known
    throw known
  }
}
