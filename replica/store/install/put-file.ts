/**
 * How a file comes to a path: as a new name that replaces nothing, or exchanged with what is there, which is looked
 * at when it is out and not before. The path is looked at again whenever it moved under us.
 * Clause: ../README.md "How a record becomes the disk's content".
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { Known } from '../digests.ts'
import { newStat } from '../disk.ts'
import type { Place } from '../folders.ts'
import { giveNewAttributes, takeAttributes, touch } from './attributes.ts'
import { type Contents, decidePut } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { digestOfFile } from './looked-at.ts'
import { exchangePlace, fileResult, type Lost, NewFile, openOwnFile } from './new-file.ts'
import { hasMoved, keepsChanging, reasonForCopy, reasonOf, triesMax } from './refusals.ts'
import { settleOut } from './settle-out.ts'

export interface Wish {
  readonly path: FilePath
  readonly contents: Contents
  /** Null: the file brings its own mode and times along. */
  readonly attributes: { readonly executable: boolean | null; readonly timeMs: number } | null
  /** Called at most once, when the file is needed. */
  readonly make: () => Promise<NewFile | Lost>
  /** Which of the record's places in the exchange it goes through. */
  readonly n?: number
  /** Whether something may lie there by now. */
  readonly mayBeOut: boolean
}

/** Brings the wished file to its path, or keeps what is there. */
export async function putFile(ground: Ground, work: Work, wish: Wish): Promise<void> {
  const put = new Put(ground, work, wish)
  try {
    await put.run()
  } finally {
    put.file?.close()
  }
}

class Put {
  file: NewFile | null = null
  private readonly ground: Ground
  private readonly work: Work
  private readonly wish: Wish
  private readonly exchange: Place

  constructor(ground: Ground, work: Work, wish: Wish) {
    this.ground = ground
    this.work = work
    this.wish = wish
    this.exchange = exchangePlace(ground, work.seq, wish.n ?? 0)
  }

  async run(): Promise<void> {
    if (await this.resume()) return
    for (let tries = 1; tries <= triesMax; tries++) {
      try {
        if (await this.step()) return
      } catch (error) {
        if (hasMoved(error)) continue
        const reason = reasonOf(error)
        if (reason === null) throw error
        return this.keep(reason)
      }
    }
    return this.keep(keepsChanging)
  }

  /** Takes up what a crash left between exchange and history. @returns whether that was all. */
  private async resume(): Promise<boolean> {
    const { ground, exchange, wish, work } = this
    if (!wish.mayBeOut) return false
    this.file = await this.resultIn(exchange)
    if (this.file !== null) return false
    const out = await settleOut(ground, work, { ...wish, exchange, inode: null, before: null })
    if (out === 'given back') ground.history.take(exchange, work.seq, wish.path, null)
    return out === 'given back' || out === 'kept'
  }

  /** @returns what lies there when it is the result, which then only has to be put. */
  private async resultIn(place: Place): Promise<NewFile | null> {
    const { disk } = this.ground
    const fd = openOwnFile(disk, place)
    if (fd === null) return null
    try {
      const hashed = await digestOfFile(this.ground, fd)
      if (hashed !== null && hashed.digest === this.wish.contents.result)
        return new NewFile({ disk, fd, place, ...hashed })
    } catch (error) {
      disk.close(fd)
      throw error
    }
    disk.close(fd)
    return null
  }

  /** @returns whether the record is settled. */
  private async step(): Promise<boolean> {
    const { ground, work, wish } = this
    const found = await ground.digests.examine(wish.path, { deep: false })
    const copy = 'copy' in found ? found.copy : found
    switch (decidePut[work.holds(copy, wish.contents)]) {
      case 'settled':
        this.touch()
        return true
      case 'keep':
        await this.keep(reasonForCopy(copy))
        return true
      case 'install':
        return this.install()
      case 'exchange':
        return this.exchangeWith('copy' in found ? found : null)
    }
  }

  /** The disk has the content already; a file that was made for it is not needed. */
  private touch(): void {
    const { ground, wish, file } = this
    if (file !== null) ground.disk.remove(file.place.folder, file.place.name)
    if (wish.attributes === null) return
    const fd = ground.tree.openFile(wish.path, newStat())
    if (typeof fd !== 'number') return
    touch(ground.disk, fd, wish.attributes.timeMs, wish.attributes.executable)
    ground.disk.close(fd)
  }

  private async install(): Promise<boolean> {
    const { ground, wish } = this
    const file = await this.made()
    if (file === null) return true
    const site = ground.tree.makeParent(wish.path)
    try {
      if (wish.attributes !== null) {
        giveNewAttributes(ground.disk, site.folder, file.fd, wish.attributes.executable)
        ground.disk.setModifiedAt(file.fd, wish.attributes.timeMs)
      }
      file.moveNew(site)
    } finally {
      ground.disk.close(site.folder)
    }
    this.remember(file)
    return true
  }

  private async exchangeWith(before: Known | null): Promise<boolean> {
    const { ground, work, wish, exchange } = this
    const file = await this.made()
    if (file === null) return true
    const site = ground.tree.openParent(wish.path)
    try {
      if (wish.attributes !== null) this.takeAttributes(file, site, wish.attributes)
      if (file.place !== exchange) file.moveNew(exchange)
      ground.disk.exchange(exchange.folder, exchange.name, site.folder, site.name)
    } finally {
      ground.disk.close(site.folder)
    }
    this.remember(file)
    const out = await settleOut(ground, work, { ...wish, exchange, inode: file.inode, before })
    if (out === 'given back') await fileResult(ground, work, wish.path, file)
    return true
  }

  private takeAttributes(file: NewFile, site: Place, how: NonNullable<Wish['attributes']>): void {
    const { disk } = this.ground
    const old = disk.openBeneath(site.folder, site.name, 'place')
    try {
      takeAttributes(disk, old, file.fd, how.executable)
      disk.setModifiedAt(file.fd, how.timeMs)
    } finally {
      disk.close(old)
    }
  }

  /** The identity is the one that the file has now that it is in place. */
  private remember(file: NewFile): void {
    const { ground, wish } = this
    const identity = newStat()
    ground.disk.stat(file.fd, identity)
    const { digest, blockDigests } = file
    ground.digests.rememberOwn(wish.path, { identity, digest, blockDigests, from: null })
  }

  /** @returns the file; null when nobody has it any more, which was told. */
  private async made(): Promise<NewFile | null> {
    if (this.file !== null) return this.file
    const made = await this.wish.make()
    if ('lost' in made) this.work.keep(this.wish.path, made.lost)
    else this.file = made
    return this.file
  }

  private async keep(reason: string): Promise<void> {
    const { ground, work, wish } = this
    work.keep(wish.path, reason)
    const file = await this.made()
    if (file !== null) await fileResult(ground, work, wish.path, file)
  }
}
