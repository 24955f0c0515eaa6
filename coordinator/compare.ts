/**
 * Asks every node for its copy of one path, all at once, and compares what they say. The questions to the others leave
 * first: this node looks at its own copy while they look at theirs.
 */
import type { NodeName } from '../protocol/ids.ts'
import type { Lag } from '../protocol/journaled.ts'
import type { Progress, Verdict } from '../protocol/messages.ts'
import type { PathPast } from '../protocol/notes.ts'
import type { FilePath } from '../protocol/path.ts'
import { agreed, judge, type NodeAnswer } from '../protocol/verdict.ts'
import type { Cancel, Timers } from '../protocol/world.ts'
import type { Node } from './node.ts'

/** What is known of the order of changes while copies are compared. */
export interface Standing {
  /** Which record of the path the node is waited for to settle; none: it answers at once. */
  settledSeqFor(node: NodeName, path: FilePath): number | undefined
  /** The nodes that are catching up. */
  lags(): ReadonlyMap<NodeName, Lag>
  /** What the journal knows of the path's past. */
  pastOf(path: FilePath): PathPast
}

export interface CompareOptions {
  readonly deep: boolean
  /** None: the copies alone are compared. */
  readonly standing?: Standing
  readonly timers: Timers
  onProgress(progress: Progress): void
}

/**
 * @param nodes in the configured order, coordinator first.
 * @param onVerdict called once, with what was judged, in this turn when every other node can answer at once.
 * @returns how to ask no more: the verdict is not wanted.
 */
export function compareCopies(
  nodes: readonly Node[],
  path: FilePath,
  options: CompareOptions,
  onVerdict: (verdict: Verdict, answers: readonly NodeAnswer[]) => void,
): Cancel {
  const { standing } = options
  const waiting: Cancel[] = []
  const onWaiting = (callOff: Cancel): void => void waiting.push(callOff)
  let isOver = false
  const answers = new Array<NodeAnswer>(nodes.length)
  let missing = nodes.length
  const onAnswer = (place: number, answer: NodeAnswer): void => {
    answers[place] = answer
    if (--missing > 0 || isOver) return
    onVerdict(agreed(answers) ?? judge(answers, standing?.lags(), standing?.pastOf(path)), answers)
  }
  const ask = (place: number): void => {
    const node = nodes[place]!
    const settledSeq = standing?.settledSeqFor(node.name, path)
    const onProgress = progressOf(node.name, options)
    const answer = node.look(path, { deep: options.deep, settledSeq, onProgress, onWaiting })
    if (answer instanceof Promise) void answer.then(answer => onAnswer(place, answer))
    else onAnswer(place, answer)
  }
  for (let place = 1; place < nodes.length; place++) ask(place)
  if (missing === 1) ask(0)
  else
    options.timers.endOfTurn(() => {
      if (!isOver) ask(0)
    })
  return () => {
    isOver = true
    for (const callOff of waiting) callOff()
  }
}

function progressOf(
  node: NodeName,
  { onProgress }: CompareOptions,
): (bytesDone: number, bytesTotal: number) => void {
  return (bytesDone, bytesTotal) => onProgress({ node, bytesDone, bytesTotal })
}
