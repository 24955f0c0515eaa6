/**
 * For the tests of changes: records as a coordinator would order them, appended and committed on one store; and what
 * lies on its disk.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../../protocol/change-messages.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import type { Incarnation, RecordHash, StageId } from '../../protocol/ids.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import {
  type Change,
  type DeletedEntry,
  type JournalEntry,
  newEntry,
  writeDeletedEntries,
} from '../../protocol/record.ts'
import type { Store } from './store.ts'

export const epoch = { number: 1, incarnation: 'a'.repeat(32) as Incarnation }
/** When the record 0 would have been made; each is a second later. */
export const firstMs = 1_700_000_000_000

export const at = (path: string): FilePath => parsePath(path)
export const digest = (content: string | Buffer): Digest => digestOf(Buffer.from(content)).digest
export const stageId = (n: number): StageId => n.toString(16).padStart(32, '0') as StageId

/** A change, and the bytes that ride beside it. */
export interface Ordered {
  readonly change: Change
  readonly body: Buffer | null
}

interface Expecting {
  /** Contents. */
  base?: string | Buffer | null
  seen?: readonly (string | Buffer)[]
}

function expected({ base = null, seen }: Expecting): { base: Digest | null; seen: Digest[] } {
  const known = seen ?? (base === null ? [] : [base])
  return { base: base === null ? null : digest(base), seen: known.map(digest) }
}

/** A put of `content`; `stage`: the bytes are there. */
export function put(
  path: string,
  content: string | Buffer,
  options: Expecting & { executable?: boolean | null; stage?: StageId } = {},
): Ordered {
  const bytes = Buffer.from(content)
  const { executable = null, stage = null } = options
  const body = { bytes: bytes.length, stage }
  const what = { path: at(path), digest: digest(bytes), size: bytes.length, executable, body }
  const change: Change = { type: 'put', ...what, ...expected(options) }
  return { change, body: stage === null ? bytes : null }
}

/** An append of `added` to `base`. */
export function append(
  path: string,
  base: string | Buffer,
  added: string | Buffer,
  options: { stage?: StageId; seen?: readonly string[] } = {},
): Ordered {
  const before = Buffer.from(base)
  const bytes = Buffer.from(added)
  const whole = Buffer.concat([before, bytes])
  const body = { bytes: bytes.length, stage: options.stage ?? null }
  const what = { path: at(path), offset: before.length, digest: digest(whole), size: whole.length, body }
  const known = expected({ base: before, ...(options.seen === undefined ? {} : { seen: options.seen }) })
  return { change: { type: 'append', ...what, ...known }, body: body.stage === null ? bytes : null }
}

export function mkdir(path: string): Ordered {
  return { change: { type: 'mkdir', path: at(path) }, body: null }
}

export function remove(path: string, options: Expecting = {}): Ordered {
  const body = { bytes: 0, stage: null }
  return { change: { type: 'delete', path: at(path), what: 'file', ...expected(options), body }, body: null }
}

/** `entries`: what was seen below; none: an empty folder. */
export function removeFolder(path: string, entries: readonly DeletedEntry[] = []): Ordered {
  const list = writeDeletedEntries(entries)
  const body = { bytes: list.length, stage: null }
  const change: Change = { type: 'delete', path: at(path), what: 'folder', base: null, seen: [], body }
  return { change, body: list.length === 0 ? null : list }
}

export function rename(
  from: string,
  to: string,
  options: Expecting & { what?: 'file' | 'folder'; over?: string | Buffer | null } = {},
): Ordered {
  const { what = 'file', over } = options
  const target = expected({ base: over ?? null })
  const names = { from: at(from), to: at(to), what, replaces: over !== undefined }
  const known = { ...expected(options), baseTo: target.base, seenTo: target.seen }
  return { change: { type: 'rename', ...names, ...known }, body: null }
}

/** Whatever has a last record. */
interface Journaled {
  readonly journal: { readonly last: { readonly seq: number; readonly hash: RecordHash } }
}

/** @returns entries that follow from what the journal has. `committedSeq`: what their records say of it. */
export function entriesFor(store: Journaled, ordered: readonly Ordered[], committedSeq = 0): JournalEntry[] {
  let { seq, hash: previous } = store.journal.last
  return ordered.map(({ change, body }) => {
    seq++
    const timeMs = firstMs + seq * 1000
    const entry = newEntry(
      { epoch, seq, previous, committedSeq, timeMs, client: null, operation: null, change },
      body,
    )
    previous = entry.hash
    return entry
  })
}

/** Appends, without committing. @returns the last seq. */
export async function journalOnly(store: Store, ...ordered: Ordered[]): Promise<number> {
  await store.journal.append(entriesFor(store, ordered))
  return store.journal.last.seq
}

/** Sends bytes ahead of their record. @returns the stage's id. */
export async function staged(store: Store, n: number, content: string | Buffer): Promise<StageId> {
  const stage = store.stages.open(stageId(n))
  stage.write(Buffer.from(content))
  await stage.seal()
  return stageId(n)
}

/** Appends, commits, waits until all is settled. @returns what was said of them. */
export async function settle(store: Store, ...ordered: Ordered[]): Promise<Outcome[]> {
  await journalOnly(store, ...ordered)
  return commitAll(store)
}

/** Commits all that is in the journal. @returns what was said of it. @throws what is in the way. */
export async function commitAll(store: Store): Promise<Outcome[]> {
  const said: Outcome[] = []
  const { seq } = store.journal.last
  await new Promise<void>((resolve, reject) => {
    store.settler.listen({ onSettled: (_, outcomes) => void said.push(...outcomes), onTrouble: reject })
    store.settler.commit(seq)
    store.settler.settled(seq).then(resolve)
  })
  return said
}

/** @returns what lies below a folder: each file's content by path, folders as null; the server's own left out. */
export function treeOf(root: string, folder = ''): Record<string, string | null> {
  const found: Record<string, string | null> = {}
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (path === '.concur') continue
    const stat = lstatSync(join(root, path))
    if (stat.isDirectory()) Object.assign(found, { [path]: null }, treeOf(root, path))
    else found[path] = stat.isFile() ? readFileSync(join(root, path), 'utf8') : `<${stat.mode}>`
  }
  return found
}

/** @returns files of the server's own folder `name`, by path. */
export function ownFiles(root: string, name: string): Record<string, string> {
  if (!existsSync(join(root, '.concur', name))) return {}
  const files = Object.entries(treeOf(join(root, '.concur', name)))
  return Object.fromEntries(files.filter((file): file is [string, string] => file[1] !== null))
}

/** @returns the contents in history, each under `<seq>/<path>`. */
export function historyOf(root: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ownFiles(root, 'history')).map(([path, content]) => [path.replace(/^0+/, ''), content]),
  )
}
