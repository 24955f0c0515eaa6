/** A LIST: rows, then the nodes that could not be asked. Clause: protocol/README.md "LIST". */
import type { Listed } from '../../protocol/messages.ts'
import { type RowQuestion, readRows } from './read-rows.ts'

type ListOptions = Omit<RowQuestion<'LIST', Listed>, 'opcode' | 'rowsIn' | 'lastWord'>

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function listRows(options: ListOptions): Promise<Listed> {
  return readRows({
    ...options,
    opcode: 'LIST',
    rowsIn: message => (message.opcode === 'ROWS' ? message.body.rows : null),
    lastWord: message => (message.opcode === 'LISTED' ? message.body : null),
  })
}
