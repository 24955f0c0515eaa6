/** Asks every node for its copy of one path, all at once, and compares what they say. */
import type { NodeName } from '../protocol/ids.ts'
import type { Progress, Verdict } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import { judge, type NodeAnswer } from '../protocol/verdict.ts'
import type { Node } from './node.ts'

export interface CompareOptions {
  readonly deep: boolean
  onProgress(progress: Progress): void
}

/**
 * @param nodes in the configured order, coordinator first.
 * @param onVerdict called once, in this turn when every node can answer at once.
 */
export function compareCopies(
  nodes: readonly Node[],
  path: FilePath,
  options: CompareOptions,
  onVerdict: (verdict: Verdict) => void,
): void {
  const answers = new Array<NodeAnswer>(nodes.length)
  let missing = nodes.length
  const onAnswer = (place: number, answer: NodeAnswer): void => {
    answers[place] = answer
    if (--missing === 0) onVerdict(judge(answers))
  }
  for (const [place, node] of nodes.entries()) {
    const answer = node.look(path, { deep: options.deep, onProgress: progressOf(node.name, options) })
    if (answer instanceof Promise) void answer.then(answer => onAnswer(place, answer))
    else onAnswer(place, answer)
  }
}

function progressOf(
  node: NodeName,
  { onProgress }: CompareOptions,
): (bytesDone: number, bytesTotal: number) => void {
  return (bytesDone, bytesTotal) => onProgress({ node, bytesDone, bytesTotal })
}
