/** A VERIFY: rows of what is not the same everywhere, then what was compared. Clause: protocol/README.md "VERIFY". */
import type { Verified } from '../../protocol/sum-messages.ts'
import { type RowQuestion, readRows } from './read-rows.ts'

type VerifyOptions = Omit<RowQuestion<'VERIFY', Verified>, 'opcode' | 'rowsIn' | 'lastWord'>

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function verifyRows(options: VerifyOptions): Promise<Verified> {
  return readRows({
    ...options,
    opcode: 'VERIFY',
    rowsIn: message => (message.opcode === 'ROWS' ? message.body.rows : null),
    lastWord: message => (message.opcode === 'VERIFIED' ? message.body : null),
  })
}
