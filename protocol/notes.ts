/**
 * What is said of a version beside its cause: which record wrote it, which older one it equals, who deleted the path
 * meanwhile. Words for people, made from what the journal knows of the path. Pure. Clause: README.md "VERDICT".
 */
import type { Cause, Copy, OtherKind } from './copies.ts'
import type { Digest } from './digest.ts'
import type { Latest } from './journaled.ts'
import type { LoggedOperation } from './messages.ts'
import type { FilePath } from './path.ts'

/** The past of one path, as far as a node's journal tells it. */
export interface PathPast {
  readonly path: FilePath
  /** @returns the client's operation of a record; null for what is none, or not there any more. */
  operationAt(seq: number): LoggedOperation | null
  /** @returns the last record that made this content of the path; null: none that is known. */
  seqOf(digest: Digest): number | null
}

/** The largest time that a Date can hold. */
const dateMsMax = 8.64e15

const otherNames: Record<OtherKind, string> = {
  link: 'a link',
  fifo: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
  mount: 'another file system',
  unknown: 'something that is no file',
}

/** @returns what stands at a path instead of a file; null for a file. */
export function kindName(copy: Copy): string | null {
  if (copy.is === 'folder') return 'a folder'
  return copy.is === 'other' ? otherNames[copy.what] : null
}

export interface NoteOptions {
  readonly cause: Cause | null
  readonly digest: Digest
  readonly latest: Latest | null
  /** Of the holders, as far as it is known. */
  readonly behindOps: number
  /** None: nothing is known of earlier records. */
  readonly past: PathPast | null
}

/** @returns the note of one version of type file in DIFFERENT_FILES; null: there is nothing to say. */
export function noteOf({ cause, digest, latest, behindOps, past }: NoteOptions): string | null {
  if (latest === null) return null
  if (cause === null) return `as written (seq ${latest.seq})`
  if (cause === 'behind') return behindOps > 0 ? `behind by ${operations(behindOps)}` : null
  if (cause === 'never-replicated') return null
  const equalsSeq = past?.seqOf(digest) ?? null
  const parts = [
    ...(equalsSeq === null ? [] : [`equals seq ${equalsSeq}`]),
    ...(latest.made === 'file' ? [] : [gonePhrase(latest, past)]),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

/** @returns who made it that no file is at the path, and when: `deleted by ann@laptop at 2026-01-01T… (seq 12)`. */
export function gonePhrase(latest: Latest, past: PathPast | null): string {
  const operation = past?.operationAt(latest.seq) ?? null
  if (operation === null) return `${latest.made === 'folder' ? 'a folder' : 'deleted'} (seq ${latest.seq})`
  const { client, timeMs } = operation
  const act = latest.made === 'folder' ? 'a folder was made there' : goneAct(operation, past!.path)
  const by = client === null ? '' : ` by ${client}`
  const at = timeMs > dateMsMax ? '' : ` at ${new Date(timeMs).toISOString()}`
  return `${act}${by}${at} (seq ${latest.seq})`
}

/** @returns `is 3 operations behind`, as it reads on from a node's name. */
export function behindReason(behindOps: number): string {
  return `is ${operations(behindOps)} behind`
}

/** A file goes with the name of a folder above it, too. */
function goneAct({ type, path, from }: LoggedOperation, own: FilePath): string {
  return type === 'rename' && from !== null ? `renamed to ${path}${own.slice(from.length)}` : 'deleted'
}

function operations(count: number): string {
  return count === 1 ? '1 operation' : `${count} operations`
}
