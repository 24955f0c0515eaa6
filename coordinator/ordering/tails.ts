/**
 * What a node may still have to settle when it comes into the in-sync set. Until it has, its disk holds what was before,
 * and what a change finds there says nothing: whoever looks at disks for a change waits for this first.
 * Clause: protocol/README.md "SURVEY".
 */
import type { NodeName } from '../../protocol/ids.ts'
import type { Position } from './commit.ts'

export class Tails {
  /** The record with which each node came, as long as it has not settled that. */
  private readonly ends = new Map<NodeName, number>()
  private waiting: (() => void)[] = []

  begin(node: NodeName, joinSeq: number): void {
    this.ends.set(node, joinSeq)
  }

  /** Records behind `lastSeq` are not there any more. */
  takeBack(lastSeq: number): void {
    for (const [node, end] of this.ends) if (end > lastSeq) this.ends.set(node, lastSeq)
  }

  /** @param members how far every node of the set is now. */
  advance(members: ReadonlyMap<NodeName, Position>): void {
    for (const [node, end] of this.ends) {
      const position = members.get(node)
      if (position === undefined || position.settledSeq >= end) this.ends.delete(node)
    }
    if (this.ends.size > 0) return
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Settles when no node of the set has anything to settle from before it came. */
  over(): Promise<void> {
    if (this.ends.size === 0) return Promise.resolve()
    return new Promise(resolve => this.waiting.push(resolve))
  }
}
