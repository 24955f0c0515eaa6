/**
 * A folder that is being filled from a listing that somebody else made. Whatever the listing says, nothing outside the
 * folder is touched: below it every folder is a real one, made here or found here, and no link is followed.
 */
import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../words/system-reason.ts'
import { localError, notSaved } from './local-error.ts'
import type { Place } from './target.ts'

export class FolderTree {
  private readonly root: Place
  /** Folders below the root that are there, relative to it. */
  private readonly known = new Set<string>(['.'])
  private isRootThere = false

  /** `root` itself may be a link: it is what the person named. */
  constructor(root: Place) {
    this.root = root
  }

  /** As a person calls it. */
  get shown(): string {
    return this.root.shown
  }

  /** @throws ConcurError IO_ERROR. */
  makeRoot(): void {
    if (this.isRootThere) return
    try {
      mkdirSync(this.root.path)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw localError(error, this.shown)
      const found = statSync(this.root.path, { throwIfNoEntry: false })
      if (!found?.isDirectory()) throw notSaved(this.shown, 'something that is no folder is there')
    }
    this.isRootThere = true
  }

  /** @param relative a path that was parsed: parts without `.` and `..`. @throws ConcurError IO_ERROR. */
  makeFolder(relative: string): void {
    if (this.known.has(relative)) return
    this.makeRoot()
    this.makeFolder(dirname(relative))
    const { path, shown } = this.placeOf(relative)
    try {
      mkdirSync(path)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw localError(error, shown)
      if (!lstatSync(path).isDirectory()) throw notSaved(shown, 'something that is no folder is there')
    }
    this.known.add(relative)
  }

  /** @returns where the file goes, its folder made. @throws ConcurError IO_ERROR. */
  placeOfFile(relative: string): Place {
    this.makeRoot()
    this.makeFolder(dirname(relative))
    return this.placeOf(relative)
  }

  private placeOf(relative: string): Place {
    return { path: `${this.root.path}/${relative}`, shown: `${this.root.shown}/${relative}` }
  }
}
