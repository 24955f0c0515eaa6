/** What to do where a replica does not follow, since it knows of commits that this coordinator's journal lacks. Pure. */
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'

/** Nothing was changed through this coordinator since: it has only to take over what the replica has. */
export function rolledBackBy(node: NodeName, { code, message }: ConcurError): ConcurError {
  return new ConcurError(code, `${node}: ${message}: ${remedyOf(node)}`)
}

/**
 * A term of the same number or a higher one has begun, and the replica knows changes of it: another coordinator's, or this
 * one's own, of before its folder was put back. Nobody but a person knows which.
 */
export function perhapsPutBack(node: NodeName, { code, message }: ConcurError): ConcurError {
  return new ConcurError(code, `${message}; if this folder was put back from a copy: ${remedyOf(node)}`)
}

function remedyOf(node: NodeName): string {
  return `start once with --accept-journal ${node} to go on from there`
}
