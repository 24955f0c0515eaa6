/** Asks every node for the sums of a folder, all at once. Clause: protocol/README.md "VERIFY". */
import { asConcurError } from '../protocol/errors.ts'
import type { Progress } from '../protocol/messages.ts'
import type { FolderPath } from '../protocol/path.ts'
import { bucketsToCompare, type TreeSum } from '../protocol/tree-sum.ts'
import type { Timers } from '../protocol/world.ts'
import { reasonOf } from './merge-walks.ts'
import type { Node } from './node.ts'
import { NodeProgress } from './node-progress.ts'

/** What came of the question to one node. */
export type Summed =
  | { readonly is: 'summed'; readonly sum: TreeSum }
  /** The node has nothing there. */
  | { readonly is: 'nothing-there' }
  | { readonly is: 'failed'; readonly reason: string }

export interface SumQuestion {
  readonly path: FolderPath
  readonly deep: boolean
  readonly signal: AbortSignal
  readonly timers: Timers
  onProgress(progress: Progress): void
}

/** @returns one for each node, in their order. The questions to the others leave first. */
export function askSums(nodes: readonly Node[], question: SumQuestion): Promise<Summed[]> {
  const progress = new NodeProgress(nodes.length)
  const ask = async (node: Node, place: number): Promise<Summed> => {
    if (place === 0) await new Promise<void>(resolve => question.timers.endOfTurn(resolve))
    const onProgress = (bytesDone: number, bytesTotal: number): void => {
      progress.update(place, bytesDone, bytesTotal)
      question.onProgress(progress.sum())
    }
    try {
      return { is: 'summed', sum: await node.sum(question.path, { ...question, onProgress }) }
    } catch (error) {
      const { code, message } = asConcurError(error)
      if (code === 'NOT_FOUND' || code === 'NOT_A_FILE') return { is: 'nothing-there' }
      return { is: 'failed', reason: reasonOf(node.name, message) }
    } finally {
      progress.end(place)
    }
  }
  return Promise.all(nodes.map(ask))
}

/** @returns the buckets that have to be looked through; null: everything, since some node has no sums to compare. */
export function bucketsOf(summed: readonly Summed[]): ReadonlySet<number> | null {
  const sums = summed.flatMap(one => (one.is === 'summed' ? [one.sum] : []))
  return sums.length === summed.length ? bucketsToCompare(sums) : null
}
