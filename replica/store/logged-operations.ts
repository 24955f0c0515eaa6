/**
 * What LOG tells of a record: the client's operation, for every path that it is asked under. Pure: knows no journal and
 * no stream. Clause: protocol/README.md "LOG".
 */
import { pageBytesAim } from '../../protocol/limits.ts'
import type { LoggedOperation } from '../../protocol/messages.ts'
import { type FolderPath, isWithin } from '../../protocol/path.ts'
import { type Change, isCarried, type JournalRecord, opTypeOf, pathsOf } from '../../protocol/record.ts'

/** How far behind a record the one may stand that abandons it: a coordinator has fewer changes under way. */
export const spareMax = 10_000
/** Of an operation beside its paths, the client's id included. */
const fixedBytes = 350

/** @returns the operation, or null for a record that is none of a client's; that a lock has expired is told as well. */
export function loggedOperation(record: JournalRecord): LoggedOperation | null {
  const { epoch, seq, timeMs, client, change } = record
  const common = { epoch: epoch.number, seq, timeMs, client }
  const nothing = { from: null, size: null, digest: null }
  switch (change.type) {
    case 'put':
    case 'append':
      return {
        ...common,
        ...{ type: opTypeOf(change)!, path: change.path, from: null },
        ...{ size: change.size, digest: change.digest },
      }
    case 'rename':
      return { ...common, ...nothing, type: 'rename', path: change.to, from: change.from }
    case 'delete':
    case 'mkdir':
      return { ...common, ...nothing, type: change.type, path: change.path }
    case 'lock':
    case 'unlock':
      return isCarried(record) ? null : { ...common, ...nothing, type: change.type, path: change.lockedPath }
    case 'begin':
    case 'join':
    case 'leave':
    case 'abandoned':
      return null
    default:
      return change satisfies never
  }
}

/** Whether a record is told of a path: it names it, or one below it, or takes with it the folder in which that lies. */
export function isLoggedAt({ change }: JournalRecord, asked: FolderPath): boolean {
  const isOfFolder = 'what' in change && change.what === 'folder'
  return (
    asked === '' ||
    loggedPaths(change).some(path => isWithin(path, asked) || (isOfFolder && isWithin(asked, path)))
  )
}

function loggedPaths(change: Change): readonly string[] {
  return 'lockedPath' in change ? [change.lockedPath] : pathsOf(change)
}

/** Takes records in their order, and leaves out those that a later one abandons. */
export class LoggedOperations {
  private readonly folder: FolderPath
  private readonly last: number
  private found: LoggedOperation[] = []

  /** `last`: only so many, the last ones; null: all. */
  constructor(options: { folder: FolderPath; last: number | null }) {
    this.folder = options.folder
    this.last = options.last ?? Number.POSITIVE_INFINITY
  }

  take(record: JournalRecord): void {
    const { change } = record
    if (change.type === 'abandoned') {
      this.found = this.found.filter(({ seq }) => seq !== change.abandonedSeq)
      return
    }
    const operation = isLoggedAt(record, this.folder) ? loggedOperation(record) : null
    if (operation === null) return
    this.found.push(operation)
    // Some more are held, since those behind them may yet be abandoned.
    if (this.found.length > 2 * this.last + spareMax) this.found = this.found.slice(-this.last - spareMax)
  }

  /** @returns what can be told before all records were taken, in pages that fit into frames. */
  pagesSoFar(): LoggedOperation[][] {
    if (this.last !== Number.POSITIVE_INFINITY || this.found.length < 2 * spareMax) return []
    return pagesOf(this.found.splice(0, this.found.length - spareMax))
  }

  /** @returns the rest, when all records were taken; no page where there is nothing. */
  pagesAtEnd(): LoggedOperation[][] {
    const told = this.last === 0 ? [] : this.found.slice(-this.last)
    this.found = []
    return pagesOf(told)
  }
}

function pagesOf(told: readonly LoggedOperation[]): LoggedOperation[][] {
  const pages: LoggedOperation[][] = []
  let bytes = pageBytesAim
  for (const operation of told) {
    if (bytes >= pageBytesAim) {
      pages.push([])
      bytes = 0
    }
    pages.at(-1)!.push(operation)
    bytes += fixedBytes + Buffer.byteLength(operation.path) + Buffer.byteLength(operation.from ?? '')
  }
  return pages
}
