/**
 * What follows a request on its stream, from its sender: the bytes of a change, the records of a journal. A request
 * that nothing follows is whole, and says so with FIN. Clause: README.md "Requests".
 */
import { bytesBehind } from './change-messages.ts'
import { ConcurError } from './errors.ts'
import type { Opcode, Request, RequestOpcode } from './opcodes.ts'

export interface Upload {
  readonly opcodes: readonly Opcode[]
  /** The one that carries FIN; none: the dialer ends such a stream with CANCEL alone. */
  readonly last: Opcode | null
}

const bytes: Upload = { opcodes: ['CHUNK', 'SEAL'], last: 'SEAL' }

export const uploads: { readonly [K in RequestOpcode]?: Upload } = {
  CHANGE: bytes,
  STAGE: bytes,
  FOLLOW: { opcodes: ['RECORDS', 'COMMITTED', 'LOST'], last: null },
  SUPPLY: { opcodes: ['DIGESTS', 'CHUNK'], last: 'CHUNK' },
  RESTATE: { opcodes: ['STATED'], last: 'STATED' },
}

/** @returns what has to follow this request, or null where nothing may. */
export function uploadOf(request: Request): Upload | null {
  if (request.opcode === 'CHANGE' && bytesBehind(request.body.what) === undefined) return null
  return uploads[request.opcode] ?? null
}

/** @throws ConcurError BAD_FRAME when the frame is none that may follow, or ends the upload where it has no end. */
export function assertFollows(upload: Upload, opcode: Opcode, fin: boolean): void {
  if (!upload.opcodes.includes(opcode))
    throw new ConcurError('BAD_FRAME', `${opcode} behind a request that it does not belong to`)
  if (fin && opcode !== upload.last)
    throw new ConcurError('BAD_FRAME', `${opcode} with FIN, in the middle of what it belongs to`)
  if (!fin && opcode === 'SEAL') throw new ConcurError('BAD_FRAME', 'SEAL without FIN')
}
