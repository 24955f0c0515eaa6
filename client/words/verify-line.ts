/** The one line that a person is told at the end of a verification: what was compared, how, and what came of it. */
import type { Mark } from '../../protocol/messages.ts'
import type { Verified } from '../../protocol/sum-messages.ts'
import { counted, sizeText } from './quantities.ts'

/** Rows by their mark. */
export class DifferenceCount {
  private readonly counts = new Map<Mark, number>()

  add(mark: Mark): void {
    this.counts.set(mark, this.of(mark) + 1)
  }

  of(...marks: readonly Mark[]): number {
    return marks.reduce((sum, mark) => sum + (this.counts.get(mark) ?? 0), 0)
  }
}

export function verifyLine(
  { files, bytes, nodes, unreachable }: Verified,
  { count, deep }: { count: DifferenceCount; deep: boolean },
): string {
  const taken = nodes.length - unreachable.length
  const on =
    unreachable.length === 0 ? counted(taken, 'node') : `${taken} of ${counted(nodes.length, 'node')}`
  const how = deep ? 'every byte was read' : 'by their digests; --deep reads every byte'
  return `${counted(files, 'file')}, ${sizeText(bytes)}, on ${on}: ${findings(count)}  (${how})`
}

function findings(count: DifferenceCount): string {
  const found = [
    [count.of('*', '+', '-'), 'not the same'],
    [count.of('~'), 'only behind'],
    [count.of('!'), 'not compared'],
  ] as const
  const told = found.filter(([many]) => many > 0).map(([many, what]) => `${many} ${what}`)
  return told.length === 0 ? 'all the same' : told.join(', ')
}
