/** How far all nodes together are with what each of them does for one request. */
import type { Progress } from '../protocol/messages.ts'

interface Part {
  readonly bytesDone: number
  /** Null: not known. */
  readonly bytesTotal: number | null
}

export class NodeProgress {
  private readonly parts: Part[]

  constructor(nodeCount: number) {
    this.parts = Array.from({ length: nodeCount }, () => ({ bytesDone: 0, bytesTotal: null }))
  }

  /** As a PROGRESS says it: a whole of 0 is not known. */
  update(place: number, bytesDone: number, bytesTotal: number): void {
    this.parts[place] = { bytesDone, bytesTotal: bytesTotal === 0 ? null : bytesTotal }
  }

  /** The node does no more: what it has done was all. */
  end(place: number): void {
    const { bytesDone } = this.parts[place]!
    this.parts[place] = { bytesDone, bytesTotal: bytesDone }
  }

  /** The whole is known when it is known of every node. */
  sum(): Progress {
    const bytesDone = this.parts.reduce((sum, part) => sum + part.bytesDone, 0)
    const isKnown = this.parts.every(({ bytesTotal }) => bytesTotal !== null)
    const bytesTotal = isKnown ? this.parts.reduce((sum, part) => sum + part.bytesTotal!, 0) : 0
    return { node: null, bytesDone, bytesTotal }
  }
}
