/** An operation in JSON: a line of `log`, the last operation of `stat`. */
import type { LoggedOperation } from '../../protocol/messages.ts'
import { isoTime } from './quantities.ts'

export function operationDocument(operation: LoggedOperation): Record<string, unknown> {
  const { epoch, seq, timeMs, client, type, path, from, size, digest } = operation
  return { epoch, seq, time: isoTime(timeMs), client, type, path, from, size, digest }
}
