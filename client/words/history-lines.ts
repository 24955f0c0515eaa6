/** The lines and documents of `history` and of what it prunes. */
import type { KeptContent, PrunedPath } from '../../protocol/history-messages.ts'
import { printable } from './printable.ts'
import { agoText, counted, durationText, isoTime, sizeText } from './quantities.ts'
import { shortDigest } from './version-words.ts'

const seqChars = 6
const agoChars = '59 min ago'.length
const typeChars = 'by hand'.length
const sizeChars = '1023 KiB'.length

/** `asked`: the path of the question. What lies below it is named. */
export function historyDocument(content: KeptContent, asked: string): Record<string, unknown> {
  const { path, seq, timeMs, type, digest, size, nodes, untilMs } = content
  const named = path === asked ? {} : { path }
  return {
    ...named,
    ...{ seq, time: isoTime(timeMs), type, digest, size, nodes },
    restorableUntil: isoTime(untilMs),
  }
}

export function historyLine(
  content: KeptContent,
  { asked, nowMs }: { asked: string; nowMs: number },
): string {
  const { path, seq, timeMs, digest, size, nodes } = content
  const cells = [
    (seq === null ? '-' : String(seq)).padStart(seqChars),
    agoText(timeMs, nowMs).padEnd(agoChars),
    typeText(content).padEnd(typeChars),
    sizeText(size).padStart(sizeChars),
    shortDigest(digest),
    nodes.join(' = '),
    untilText(content, nowMs),
  ]
  return (path === asked ? cells : [...cells, printable(path)]).join('  ')
}

/** What no operation wrote, somebody did. */
function typeText({ seq, type }: KeptContent): string {
  return seq === null ? 'by hand' : (type ?? '')
}

function untilText({ isCurrent, untilMs }: KeptContent, nowMs: number): string {
  if (isCurrent) return 'now'
  return untilMs === null ? 'stays' : `stays ${leftText(Math.max(0, untilMs - nowMs))}`
}

/** To the nearest unit: what has just begun is told as what it is to be. */
function leftText(ms: number): string {
  const unitMs = [86_400_000, 3_600_000, 60_000, 1_000].find(unit => ms >= unit) ?? 1_000
  return durationText(Math.round(ms / unitMs) * unitMs)
}

export function pruneDocument({ path, objects, bytes, left, nodes }: PrunedPath): Record<string, unknown> {
  return { path, files: objects, bytes, left, nodes }
}

export function pruneLine({ path, objects, bytes, nodes }: PrunedPath): string {
  return `${printable(path)}  ${counted(objects, 'file')}  ${sizeText(bytes)}  on ${nodes.join(', ')}`
}
