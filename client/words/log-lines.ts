/** The line of an operation in `log`. */
import type { LoggedOperation } from '../../protocol/messages.ts'
import { printable } from './printable.ts'
import { agoText, isoTime, sizeText } from './quantities.ts'
import { shortDigest } from './version-words.ts'

const seqChars = 6
const agoChars = '59 min ago'.length

/** Lines come one by one: widths are fixed as far as that goes. `nowMs` null: times as they stand in a calendar. */
export function operationLine(operation: LoggedOperation, nowMs: number | null): string {
  const { seq, timeMs, client, type, path, from, size, digest } = operation
  const time =
    nowMs === null ? (isoTime(timeMs)?.replace(/\.\d+/, '') ?? '') : agoText(timeMs, nowMs).padEnd(agoChars)
  const paths = from === null ? printable(path) : `${printable(from)} → ${printable(path)}`
  const cells = [String(seq).padStart(seqChars), time, `${type} ${paths}`]
  if (size !== null) cells.push(sizeText(size))
  if (digest !== null) cells.push(shortDigest(digest))
  if (client !== null) cells.push(`by ${printable(client)}`)
  return cells.join('  ')
}
