/** One verified read as `get`, `cat` and `stat` make it: what is wanted, what is refused, where the bytes go. */
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Verdict } from '../../protocol/messages.ts'
import type { ReadOptions } from '../concur-client.ts'
import { NoServerError } from '../connecting.ts'
import type { Destination } from '../saving/destination.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import type { Work } from '../terminal/progress.ts'
import { tellable } from '../words/tellable.ts'
import { holdersText, reasonOf } from '../words/version-words.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import type { PathArgument } from './path-argument.ts'

/** What came of a read. */
export interface Outcome {
  readonly path: string
  /** Null where nothing is known of the copies. */
  readonly verdict: Verdict | null
  /** The error that the verdict is, or what went wrong beside it. */
  readonly error: { readonly code: string; readonly message: string } | null
  /** What the destination says of each version: where it was saved, or its sum; null where it got none of it. */
  readonly kept: readonly (string | null)[]
}

export interface WantedRead {
  readonly path: PathArgument
  readonly from: NodeName | null
  readonly deep: boolean
  /** Null where no bytes are wanted. */
  readonly destination: Destination | null
  /** Whether the path's last operation is to be told. */
  readonly lastOp?: boolean
}

/** @throws NoServerError, ReaderGoneError: those end the command. Everything else is an outcome. */
export async function readVerified(context: CommandContext, wanted: WantedRead): Promise<Outcome> {
  const { path, destination, deep, from, lastOp } = wanted.path.meansFolder
    ? { ...wanted, destination: null }
    : wanted
  const work = context.progress.begin(path.path)
  const reading = new Reading(context, wanted, work)
  try {
    const options = { bodies: wantedBodies(destination, from), from, deep, lastOp: lastOp ?? false }
    const verdict = await context.client.read(path.path, options, reading)
    const kept = verdict.error === null ? ((await destination?.commit()) ?? []) : []
    return { path: path.path, verdict, error: verdict.error, kept: reading.placed(kept) }
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    return { path: path.path, verdict: reading.verdict, error: tellable(error), kept: [] }
  } finally {
    destination?.discard()
    work.end()
  }
}

/** @returns the outcome of a read that was refused before anybody was asked. */
export function refusedOutcome(path: string, error: ConcurError): Outcome {
  return { path, verdict: null, error, kept: [] }
}

export function exitStatusOf({ verdict, error }: Outcome): ExitStatus {
  if (error !== null) return 2
  return verdict?.verdict === 'DIFFERENT_FILES' ? 1 : 0
}

function wantedBodies(destination: Destination | null, from: NodeName | null): ReadOptions['bodies'] {
  if (destination === null) return 'none'
  return from === null ? destination.takes : 'from'
}

/** Receives what the read brings, and refuses what may not be saved. */
class Reading {
  verdict: Verdict | null = null
  private readonly context: CommandContext
  private readonly wanted: WantedRead
  private readonly work: Work
  /** Places in `versions` of what was opened, in that order. */
  private opened: number[] = []

  constructor(context: CommandContext, wanted: WantedRead, work: Work) {
    this.context = context
    this.wanted = wanted
    this.work = work
  }

  onProgress(progress: Parameters<Work['comparing']>[0]): void {
    this.work.comparing(progress)
  }

  onVerdict(verdict: Verdict): void {
    this.verdict = verdict
    if (verdict.error !== null) return
    if (this.context.strict) refuseUncompared(verdict)
    if (this.wanted.path.meansFolder) refuseNoFolder(verdict)
  }

  openVersion(version: Verdict['versions'][number], place: number) {
    this.opened.push(place)
    this.work.expect(version.size)
    const isOneOfMany = this.verdict!.verdict === 'DIFFERENT_FILES' && this.wanted.from === null
    return this.wanted.destination!.open(version, isOneOfMany ? version.copies[0]!.node : null)
  }

  onBytes(count: number): void {
    this.work.received(count)
  }

  onRestart(): void {
    this.opened = []
    this.work.restart()
    this.wanted.destination?.restart()
  }

  /** @returns what was kept of each version, at its place in the verdict. */
  placed(kept: readonly (string | null)[]): (string | null)[] {
    const places = (this.verdict?.versions ?? []).map((): string | null => null)
    for (const [nth, place] of this.opened.entries()) places[place] = kept[nth] ?? null
    return places
  }
}

/** `--strict`: every configured node must have taken part. */
function refuseUncompared({ unreachable, stale, details }: Verdict): void {
  const said = [
    ...unreachable.map(node => `${node} ${reasonOf(node, details, 'did not answer')}`),
    ...stale.map(node => `${node} ${reasonOf(node, details, 'is behind')}`),
  ]
  if (said.length > 0) throw new ConcurError('UNREACHABLE', said.join('; '))
}

/** A trailing slash asks for a folder. */
function refuseNoFolder({ versions }: Verdict): void {
  if (versions.some(({ type }) => type === 'folder')) return
  throw new ConcurError(
    'NOT_DIRECTORY',
    versions.map(version => `a file on ${holdersText(version)}`).join(', '),
  )
}
