/** What is said of a node's trouble, in status and in records: of a full disk with its code, for that is what people look for. */
import type { ConcurError } from '../protocol/errors.ts'

export function troubleText({ code, message }: ConcurError): string {
  return code === 'NO_SPACE' ? `${code}: ${message}` : message
}
