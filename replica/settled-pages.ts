/**
 * Cuts what a replica has to say of settled records into frames. A frame says a position only when all outcomes up to
 * it were said with it or before: a record whose outcomes do not fit is not settled, as far as the coordinator knows,
 * until the last of them has come. Clause: protocol/README.md "FOLLOW", "SETTLED".
 */
import type { Outcome, Settled } from '../protocol/change-messages.ts'
import { frameBodyBytesMax, reasonBytesMax } from '../protocol/limits.ts'

/** What stands in a frame beside its outcomes. */
const fixedBytes = 64
const outcomeFixedBytes = 16
const itemFixedBytes = 40

type Kept = Outcome['kept'][number]
type Replaced = Outcome['replaced'][number]

interface Piece {
  readonly outcome: Outcome
  readonly bytes: number
}

/** `outcomes`: in the order of their records. `bytesMax`: of a frame's body. */
export function settledPages(
  position: { readonly journaledSeq: number; readonly settledSeq: number },
  outcomes: readonly Outcome[],
  bytesMax = frameBodyBytesMax,
): Settled[] {
  const { journaledSeq, settledSeq } = position
  const pages: Outcome[][] = [[]]
  let bytes = fixedBytes
  for (const { outcome, bytes: more } of outcomes.flatMap(outcome => [...piecesOf(outcome, bytesMax)])) {
    if (bytes + more > bytesMax && pages.at(-1)!.length > 0) {
      pages.push([])
      bytes = fixedBytes
    }
    pages.at(-1)!.push(outcome)
    bytes += more
  }
  return pages.map((page, at) => {
    const next = pages[at + 1]?.[0]?.seq
    const until = next === undefined ? settledSeq : Math.min(settledSeq, next - 1)
    return { journaledSeq, settledSeq: until, outcomes: page }
  })
}

/** Parts of one record's outcome of which each fits into a frame. */
function* piecesOf({ seq, kept, replaced }: Outcome, bytesMax: number): Generator<Piece> {
  let piece: { kept: Kept[]; replaced: Replaced[] } = { kept: [], replaced: [] }
  let bytes = outcomeFixedBytes
  const items = [
    ...replaced.map(item => ({ take: () => piece.replaced.push(item), bytes: bytesOf(item.path, '') })),
    ...kept.map(item => ({ take: () => piece.kept.push(item), bytes: bytesOf(item.path, item.reason) })),
  ]
  for (const item of items) {
    if (fixedBytes + bytes + item.bytes > bytesMax) {
      yield { outcome: { seq, ...piece }, bytes }
      piece = { kept: [], replaced: [] }
      bytes = outcomeFixedBytes
    }
    item.take()
    bytes += item.bytes
  }
  yield { outcome: { seq, ...piece }, bytes }
}

function bytesOf(path: string, reason: string): number {
  return itemFixedBytes + Buffer.byteLength(path) + Math.min(reasonBytesMax, Buffer.byteLength(reason))
}
