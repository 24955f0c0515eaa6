/** Asks node after node for what one of them may have, and remembers whether somebody could not be asked. */
import { asConcurError, type ConcurError } from '../protocol/errors.ts'

/** What another node may do better. */
const ofOneNode = new Set(['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST', 'UNREACHABLE', 'TIMEOUT'])

export class NodeTries {
  /** Of the first node that could not be asked. */
  unreachable: ConcurError | null = null

  /** @returns null when another node is to be asked. @throws what is no single node's. */
  async of<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask()
    } catch (error) {
      const known = asConcurError(error)
      if (!ofOneNode.has(known.code)) throw error
      if (known.code === 'UNREACHABLE' || known.code === 'TIMEOUT') this.unreachable ??= known
      return null
    }
  }
}
