/**
 * What is known of each object in history: what it was when it was filed. A cache: an object that is not in it is found
 * by a walk and filed again, and an entry whose object is gone goes when somebody looks for it.
 */
import { blake3 } from '@napi-rs/blake-hash'
import type { Digest } from '../../../protocol/digest.ts'
import type { FilePath, FolderPath } from '../../../protocol/path.ts'
import type { Identity } from '../disk.ts'
import { type EntryName, nameBytes, type PathEntries } from '../path-entries.ts'
import type { ObjectName } from './object-name.ts'

export interface FiledObject extends ObjectName {
  /** None: nobody has read it since it came here. */
  readonly digest: Digest | null
  /** What the object had once it lay here: a program that still had it open may change it. */
  readonly identity: Identity
}

export interface HistoryCatalog {
  get(name: ObjectName): FiledObject | null
  put(object: FiledObject): void
  remove(name: ObjectName): void
  /** All of one path, in pieces. */
  of(path: FilePath): Generator<FiledObject[]>
  /** As `PathEntries.paths`. */
  paths(folder: FolderPath, after: FilePath | null): FilePath[]
  /** Whether all that lay in history was put when the store was closed in order; said of one that is open: not known. */
  readonly isComplete: boolean
  setComplete(isComplete: boolean): void
}

export class CatalogEntries {
  private readonly entries: PathEntries<FiledObject>

  constructor(entries: PathEntries<FiledObject>) {
    this.entries = entries
  }

  get({ top, path }: ObjectName): FiledObject | null {
    const object = this.entries.get(path, nameOf(top))
    return object?.top === top ? { ...object, path } : null
  }

  put(object: FiledObject): void {
    this.entries.put(object.path, nameOf(object.top), object)
  }

  remove({ top, path }: ObjectName): void {
    this.entries.put(path, nameOf(top), null)
  }

  *of(path: FilePath): Generator<FiledObject[]> {
    for (const piece of this.entries.of(path)) yield piece.map(([, object]) => ({ ...object, path }))
  }

  paths(folder: FolderPath, after: FilePath | null): FilePath[] {
    return this.entries.paths(folder, after)
  }
}

function nameOf(top: string): EntryName {
  return blake3(Buffer.from(top)).toString('hex', 0, nameBytes)
}
