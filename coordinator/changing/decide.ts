/**
 * What becomes of a client's wish: a pure function of the wish, of what every node of the in-sync set holds at its paths,
 * and of what the journal made of them. Either the change to be ordered, or nothing to do, or a refusal; a refusal leaves
 * no trace. Clause: protocol/README.md "CHANGE".
 */
import type { ChangeRequest, Place } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change, ChangeBody } from '../../protocol/record.ts'

/** What one node of the in-sync set holds: a place for each path of the wish. */
export interface Surveyed {
  readonly node: NodeName
  readonly places: readonly Place[]
}

/** The bytes of a change that puts some, wherever they are. */
export interface Upload {
  readonly size: number
  readonly digest: Digest
  readonly body: ChangeBody
  /** Of bytes that came from a node. */
  readonly executable: boolean | null
}

/** A file that every copy agrees on. */
export interface Base {
  readonly digest: Digest
  readonly size: number
}

export type Decision =
  | { readonly is: 'nothing to do' }
  | { readonly is: 'change'; readonly change: Change }
  /** An append to a file: its result is still to be computed. */
  | { readonly is: 'append'; readonly base: Base; readonly seen: readonly Digest[] }
  /** A folder with all below it: what is there is still to be listed. */
  | { readonly is: 'delete folder'; readonly seen: readonly Digest[] }

export interface Situation {
  readonly request: ChangeRequest
  readonly surveyed: readonly Surveyed[]
  /** What the journal made of each path: the digest of a file. */
  readonly bases: readonly (Digest | null)[]
  /** Of a change that puts bytes. */
  readonly upload: Upload | null
}

type What<Type> = Extract<ChangeRequest['what'], { type: Type }>

/** @returns every path that the wish names, in the order of a survey. */
export function pathsOfWish({ what }: ChangeRequest): FilePath[] {
  return what.type === 'rename' ? [what.from, what.to] : [what.path]
}

/** @throws ConcurError when nothing is to be changed. */
export function decide(situation: Situation): Decision {
  const { request } = situation
  assertConditions(situation)
  const { what } = request
  switch (what.type) {
    case 'put':
      return decidePut(situation, what.path, what.executable)
    case 'append':
      return decideAppend(situation, what)
    case 'rename':
      return decideRename(situation, what)
    case 'delete':
      return decideDelete(situation, what)
    case 'mkdir':
      return decideMkdir(situation, what)
    case 'restore':
      return decidePut(situation, what.path, situation.upload!.executable, what.type)
    case 'resolve':
      return decidePut(situation, what.path, situation.upload!.executable ?? what.executable, what.type)
    default:
      return what satisfies never
  }
}

/** Every copy has to meet them. Of a rename they are about what is moved. */
function assertConditions({ request, surveyed }: Situation): void {
  const { ifMatch, ifAbsent } = request
  const [path] = pathsOfWish(request)
  for (const { node, places } of surveyed) {
    const { copy } = places[0]!
    if (ifAbsent && copy.is !== 'absent')
      throw refusal('PRECONDITION_FAILED', path!, `there is ${thingText(copy)} on ${node}`)
    if (ifMatch === null || (copy.is === 'file' && copy.digest === ifMatch)) continue
    const found = copy.is === 'absent' ? 'there is nothing' : `it is not ${ifMatch}`
    throw refusal('PRECONDITION_FAILED', path!, `on ${node} ${found}`)
  }
}

function decidePut(
  situation: Situation,
  path: FilePath,
  executable: boolean | null,
  by?: 'restore' | 'resolve',
): Decision {
  const { bases, upload } = situation
  assertFileOrNothing(situation, path, 0)
  assertParents(situation, path, 0, true)
  const { size, digest, body } = upload!
  const seen = seenAt(situation, 0)
  return {
    is: 'change',
    change: {
      type: 'put',
      path,
      base: bases[0]!,
      seen,
      digest,
      size,
      executable,
      body,
      ...(by === undefined ? {} : { by }),
    },
  }
}

function decideAppend(situation: Situation, what: What<'append'>): Decision {
  const { path, create } = what
  assertFileOrNothing(situation, path, 0)
  const files = filesAt(situation, 0)
  if (files.length === 0) {
    if (!create) throw refusal('NOT_FOUND', path, absentSentence(situation))
    return decidePut(situation, path, null)
  }
  const rotten = situation.surveyed.find(
    ({ places: [place] }) => place!.copy.is === 'file' && place!.copy.rotten,
  )
  if (rotten !== undefined)
    throw refusal('CONFLICT', path, `the copy on ${rotten.node} has rotted; an append needs a sound base`)
  const seen = seenAt(situation, 0)
  if (seen.length > 1) throw refusal('CONFLICT', path, 'the copies differ; an append needs one base')
  if (files[0]!.size + situation.upload!.size > fileBytesMax)
    throw refusal('TOO_LARGE', path, 'a file has at most 1 TiB')
  return { is: 'append', base: { digest: files[0]!.digest, size: files[0]!.size }, seen }
}

function decideRename(situation: Situation, what: What<'rename'>): Decision {
  const { from, to, force } = what
  const path = `${from} → ${to}`
  if (from === to) throw refusal('ALREADY_EXISTS', path, 'that is its name already')
  if (to.startsWith(`${from}/`)) throw refusal('BAD_PATH', path, 'nothing can be moved into itself')
  const kind = kindAt(situation, from, 0)
  if (kind === null) throw refusal('NOT_FOUND', from, absentSentence(situation))
  const target = kindAt(situation, to, 1)
  if (target !== null && !force) throw refusal('ALREADY_EXISTS', path, 'there is something already')
  if (target === 'folder')
    throw refusal(kind === 'folder' ? 'NOT_EMPTY' : 'IS_DIRECTORY', path, 'a folder is there')
  if (target === 'file' && kind === 'folder') throw refusal('NOT_DIRECTORY', path, 'a file is there')
  assertParents(situation, to, 1, true)
  const [base, baseTo] = situation.bases
  const seen = seenAt(situation, 0)
  if (kind === 'file' && seen.length > 1 && base === null)
    throw refusal('CONFLICT', from, 'the copies differ, and none was written through us')
  const replaces = target !== null
  const seenTo = seenAt(situation, 1)
  return {
    is: 'change',
    change: { type: 'rename', from, to, what: kind, base: base!, seen, replaces, baseTo: baseTo!, seenTo },
  }
}

function decideDelete(situation: Situation, { path, recursive, force }: What<'delete'>): Decision {
  const kind = kindAt(situation, path, 0)
  if (kind === null) {
    if (force) return { is: 'nothing to do' }
    throw refusal('NOT_FOUND', path, absentSentence(situation))
  }
  const seen = seenAt(situation, 0)
  if (kind === 'file') {
    const body = { bytes: 0, stage: null }
    return {
      is: 'change',
      change: { type: 'delete', path, what: 'file', base: situation.bases[0]!, seen, body },
    }
  }
  if (!recursive)
    throw refusal('IS_DIRECTORY', path, 'it is a folder; rm -r deletes it with all that is below')
  return { is: 'delete folder', seen }
}

function decideMkdir(situation: Situation, { path, parents }: What<'mkdir'>): Decision {
  const { surveyed } = situation
  if (surveyed.every(({ places }) => places[0]!.copy.is === 'folder') && parents)
    return { is: 'nothing to do' }
  const there = surveyed.find(({ places }) => {
    const { is } = places[0]!.copy
    return is !== 'absent' && !(parents && is === 'folder')
  })
  if (there !== undefined) {
    const [{ copy }] = there.places as [Place]
    throw refusal('ALREADY_EXISTS', path, `there is ${thingText(copy)} on ${there.node}`)
  }
  assertParents(situation, path, 0, parents)
  return { is: 'change', change: { type: 'mkdir', path } }
}

function thingText(copy: Place['copy']): string {
  if (copy.is === 'unreadable') return 'something that cannot be read'
  return copy.is === 'other' ? `a ${copy.what}` : `a ${copy.is}`
}

function filesAt({ surveyed }: Situation, at: number) {
  return surveyed.flatMap(({ places }) => {
    const { copy } = places[at]!
    return copy.is === 'file' ? [copy] : []
  })
}

function seenAt(situation: Situation, at: number): Digest[] {
  return [...new Set(filesAt(situation, at).map(({ digest }) => digest))]
}

/** @returns what all copies that are there are. @throws ConcurError when they are not of one kind, or of none that we know. */
function kindAt({ surveyed }: Situation, path: string, at: number): 'file' | 'folder' | null {
  const kinds = new Set<'file' | 'folder'>()
  for (const { node, places } of surveyed) {
    const { copy } = places[at]!
    if (copy.is === 'other') throw refusal('NOT_A_FILE', path, `on ${node} it is a ${copy.what}`)
    if (copy.is === 'unreadable') throw refusal('IO_ERROR', path, `${node} could not read it: ${copy.reason}`)
    if (copy.is !== 'absent') kinds.add(copy.is)
  }
  if (kinds.size > 1) throw refusal('CONFLICT', path, 'it is a file on one node and a folder on another')
  return [...kinds][0] ?? null
}

function assertFileOrNothing(situation: Situation, path: FilePath, at: number): void {
  if (kindAt(situation, path, at) === 'folder') throw refusal('IS_DIRECTORY', path, 'it is a folder')
}

/** `make`: folders that are missing are made. */
function assertParents({ surveyed }: Situation, path: FilePath, at: number, make: boolean): void {
  for (const { node, places } of surveyed) {
    const { parent } = places[at]!
    if (parent === 'folder' || (parent === 'absent' && make)) continue
    if (parent === 'absent') throw refusal('NOT_FOUND', path, 'the folder above it is not there')
    throw refusal('NOT_DIRECTORY', path, `something that is no folder stands in its way on ${node}`)
  }
}

function absentSentence({ surveyed }: Situation): string {
  return surveyed.map(({ node }) => `not on ${node}`).join(', ')
}

function refusal(code: ErrorCode, path: string, sentence: string): ConcurError {
  return new ConcurError(code, `${path}: ${sentence}`)
}
