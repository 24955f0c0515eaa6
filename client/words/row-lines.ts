/** The line of a row of `ls`: the mark and the path; in the long form size, time and holders between them. */
import { ConcurError } from '../../protocol/errors.ts'
import type { Mark, Row } from '../../protocol/messages.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { agoText, sizeText } from './quantities.ts'

type NodeCopy = NonNullable<Row['nodes'][number]['copy']>

const markColours: Partial<Record<Mark, Parameters<Paint>[0]>> = {
  '*': 'bad',
  '!': 'warning',
  '+': 'warning',
  '-': 'warning',
  '~': 'faint',
}

/** Behind a name that was escaped to be shown. */
const noPath = '  (no path can have this name)'

const sizeChars = '1023 KiB'.length
const timeChars = '59 min ago'.length

/** Rows are printed as they come: widths are fixed, but for the last column. */
export function rowLine(row: Row, wording: { paint: Paint; nowMs: number; long: boolean }): string {
  const mark = row.mark ?? ' '
  const colour = row.mark === null ? undefined : markColours[row.mark]
  const shown = colour === undefined ? mark : wording.paint(colour, mark)
  const path = printable(row.path) + (row.escaped ? noPath : row.type === 'folder' ? '/' : '')
  if (!wording.long) return `${shown} ${path}`
  const size = row.type === 'file' ? sizeText(row.size) : '-'
  const first = row.nodes.find(({ copy }) => copy !== null)?.copy
  const time = first?.type === 'file' ? agoText(first.mtimeMs, wording.nowMs) : '-'
  const holders = holdersOf(row).padEnd(row.nodes.map(({ node }) => node).join(' = ').length)
  return `${shown} ${size.padStart(sizeChars)}  ${time.padEnd(timeChars)}  ${holders}  ${path}`
}

/** A row of `verify`: who holds what stands behind the path, where that could be compared. */
export function differenceLine(row: Row, paint: Paint): string {
  const line = rowLine(row, { paint, nowMs: 0, long: false })
  return row.mark === '!' ? line : `${line}  ${holdersOf(row)}`
}

/** `server1 = server3 ≠ server2`: the holders, by what they hold. */
function holdersOf({ nodes }: Row): string {
  const groups = new Map<string, string[]>()
  for (const { node, copy } of nodes) {
    if (copy === null) continue
    const group = groups.get(contentOf(copy))
    if (group === undefined) groups.set(contentOf(copy), [node])
    else group.push(node)
  }
  return [...groups.values()].map(group => group.join(' = ')).join(' ≠ ')
}

function contentOf({ type, size, digest }: NodeCopy): string {
  return type === 'file' ? `${size} ${digest}` : type
}

/** @returns the error of a row that is no folder where one was asked for. */
export function notDirectory({ nodes }: Row): ConcurError {
  const holders = nodes.flatMap(({ node, copy }) => {
    if (copy === null || copy.type === 'folder') return []
    return [`${copy.type === 'file' ? 'a file' : 'no folder'} on ${node}`]
  })
  return new ConcurError('NOT_DIRECTORY', holders.join(', '))
}
