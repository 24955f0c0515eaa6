/**
 * Tries again what a record could not do because of something in its way: its result lies in this node's history, and
 * comes to the path when that is free, or still is what the record expected; what it deletes goes. By the same rule as the record itself, so that
 * what a person has put there since stays; the last look and the step are one uninterrupted piece.
 * Clause: ../README.md "When it is not possible".
 */
import type { Digest } from '../../../protocol/digest.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { Known } from '../digests.ts'
import { type Fd, newStat } from '../disk.ts'
import type { Place } from '../folders.ts'
import { historyName, topOf } from '../history.ts'
import { identityOf, sameIdentity } from '../identity.ts'
import type { PathState } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import { giveNewAttributes, takeAttributes } from './attributes.ts'
import { holds } from './decide.ts'
import type { Ground } from './ground.ts'
import { deleteKept } from './kept-delete.ts'
import { digestOfFile } from './looked-at.ts'
import { makeFolderAt } from './mkdir.ts'
import { openOwnFile } from './new-file.ts'
import { hasMoved, reasonOf } from './refusals.ts'

export interface KeptOptions {
  readonly ground: Ground
  readonly path: FilePath
  readonly entryAt: (seq: number) => JournalEntry | null
  /** Whether a record is about to change the path. */
  readonly isUnsettled: (path: FilePath) => boolean
  readonly newSlices: () => Slices
}

/** @returns whether the path is now what its last record says. @throws DiskError when the disk is in trouble. */
export async function installKept(options: KeptOptions): Promise<boolean> {
  const { ground, path } = options
  const state = ground.paths.get(path)
  if (state === null || options.isUnsettled(path)) return false
  try {
    if (state.is === 'absent') return await deleteAgain(options, state.seq)
    if (state.is === 'folder') return makeKeptFolder(ground, path)
    return state.digest !== null && (await installKeptFile(options, state, state.digest))
  } catch (error) {
    // It is in the way still, or something else is by now.
    if (hasMoved(error) || reasonOf(error) !== null) return false
    throw error
  }
}

async function deleteAgain({ ground, path, entryAt, newSlices }: KeptOptions, seq: number): Promise<boolean> {
  const entry = entryAt(seq)
  return entry !== null && (await deleteKept({ ground, path, entry, slices: newSlices() }))
}

function makeKeptFolder(ground: Ground, path: FilePath): boolean {
  makeFolderAt(ground, path)
  return true
}

async function installKeptFile(options: KeptOptions, state: PathState, result: Digest): Promise<boolean> {
  const { ground, path } = options
  const { disk, history } = ground
  const object: Place = { folder: history.folder, name: historyName(state.seq, 0, path) }
  const file = openOwnFile(disk, object)
  if (file === null) return false
  try {
    const hashed = await digestOfFile(ground, file)
    if (hashed?.digest !== result) return false
    const found = await ground.digests.examine(path, { deep: false })
    const isStill = ground.paths.get(path)?.seq === state.seq && !options.isUnsettled(path)
    if (!isStill) return false
    const entry = options.entryAt(state.seq)
    const isDone = bring({ ground, path, seq: state.seq, object, file, entry }, found)
    if (!isDone) return false
    const identity = newStat()
    disk.stat(file, identity)
    ground.digests.rememberOwn(path, { identity, ...hashed, from: null })
    return true
  } finally {
    disk.close(file)
  }
}

interface Kept {
  readonly ground: Ground
  readonly path: FilePath
  readonly seq: number
  readonly object: Place
  readonly file: Fd
  readonly entry: JournalEntry | null
}

function bring(kept: Kept, found: Awaited<ReturnType<Ground['digests']['examine']>>): boolean {
  if (!('copy' in found)) return found.is === 'absent' && moveToPath(kept)
  const change = kept.entry?.record.change
  if (change?.type !== 'put' && change?.type !== 'append') return false
  const contents = { base: change.base, seen: change.seen, older: [], result: change.digest }
  return holds(found.copy, contents) === 'known' && exchangeWith(kept, found)
}

/** Null: as it is. */
function executableOf(entry: JournalEntry | null): boolean | null {
  const change = entry?.record.change
  return change?.type === 'put' ? change.executable : null
}

function moveToPath({ ground, path, seq, object, file, entry }: Kept): boolean {
  const { disk, tree, history } = ground
  const top = topOf(seq, 0)
  const site = tree.makeParent(path)
  try {
    giveNewAttributes(disk, site.folder, file, executableOf(entry))
    if (entry !== null) disk.setModifiedAt(file, entry.record.timeMs)
    disk.moveNew(object.folder, object.name, site.folder, site.name)
    history.catalog.remove({ top, path })
  } finally {
    disk.close(site.folder)
  }
  return true
}

/** What comes out is in history then, under the name of the record that replaced it; were it not what was looked at, it goes back. */
function exchangeWith({ ground, path, seq, object, file, entry }: Kept, { copy, record }: Known): boolean {
  const { disk, tree, history } = ground
  const site = tree.openParent(path)
  try {
    const old = disk.openBeneath(site.folder, site.name, 'place')
    try {
      const before = newStat()
      disk.stat(old, before)
      if (!sameIdentity(record.identity, before)) return false
      takeAttributes(disk, old, file, executableOf(entry))
      if (entry !== null) disk.setModifiedAt(file, entry.record.timeMs)
      history.replacing(seq, object.name)
      disk.exchange(object.folder, object.name, site.folder, site.name)
      const isWhatWasSeen = isObject(ground, object, identityOf(before))
      if (!isWhatWasSeen) disk.exchange(object.folder, object.name, site.folder, site.name)
      else history.file(object, { top: topOf(seq, 0), path }, copy)
      return isWhatWasSeen
    } finally {
      disk.close(old)
    }
  } finally {
    disk.close(site.folder)
  }
}

/** A rename moves ctime and nothing else. */
function isObject({ disk }: Ground, { folder, name }: Place, seen: ReturnType<typeof identityOf>): boolean {
  const place = disk.openBeneath(folder, name, 'place')
  try {
    const stat = newStat()
    disk.stat(place, stat)
    return sameIdentity({ ...identityOf(stat), ctimeNs: seen.ctimeNs }, seen)
  } finally {
    disk.close(place)
  }
}
