/**
 * A file gets another name. To a free name it moves in one step that replaces nothing. Over a target it is taken out
 * first and then put there as any new content is: nothing of the target is ever where somebody could save over it.
 * An edited source moves with its name and is named; a missing one is fetched. Clause: ../README.md "rename of a file".
 */
import type { Digest } from '../../../protocol/digest.ts'
import type { Change } from '../../../protocol/record.ts'
import type { Known } from '../digests.ts'
import { newStat } from '../disk.ts'
import type { Place } from '../folders.ts'
import { rightDigestOf } from '../rot.ts'
import { type Contents, decideRename, type RenameAction } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { lookAt } from './looked-at.ts'
import { exchangePlace, resultOf } from './new-file.ts'
import type { Out } from './out.ts'
import { putFile } from './put-file.ts'
import { reasonForCopy, rotten } from './refusals.ts'
import { isKnown, settleOut } from './settle-out.ts'
import { settleTaken, takeOut } from './take-out.ts'
import { untilDone } from './tries.ts'

type Rename = Extract<Change, { type: 'rename' }>

export async function renameFile(ground: Ground, work: Work, change: Rename): Promise<void> {
  const rename = new RenameFile(ground, work, change)
  if (await rename.resume()) return
  await rename.resumeSource()
  await untilDone(work, change.to, () => rename.step())
}

class RenameFile {
  private readonly ground: Ground
  private readonly work: Work
  private readonly change: Rename
  /** What may be at the source, and what at the target. Its result there is the source's content. */
  private readonly source: Contents
  private readonly target: Contents

  constructor(ground: Ground, work: Work, change: Rename) {
    const { base, seen, baseTo, seenTo, replaces } = change
    this.ground = ground
    this.work = work
    this.change = change
    this.source = { base, seen, older: work.older, result: null }
    const known = replaces ? { base: baseTo, seen: seenTo } : { base: null, seen: [] }
    this.target = { ...known, older: [], result: base ?? seen[0] ?? null }
  }

  /** Takes up a source that was on its way into history. */
  async resumeSource(): Promise<void> {
    const { ground, work, change } = this
    const exchange = exchangePlace(ground, work.seq, 1)
    await settleTaken(ground, work, { path: change.from, contents: this.source, exchange, before: null })
  }

  /** Takes up a rename over a target where a crash left it. @returns whether that settled it. */
  async resume(): Promise<boolean> {
    const { ground, work, change } = this
    const exchange = exchangePlace(ground, work.seq, 0)
    const out = await lookAt(ground, exchange, null)
    if (out === null) return false
    const target = await ground.digests.look(change.to, { deep: false })
    const isThere = target.is === 'file' && isKnown(work, target, this.source)
    if (!isThere) {
      await this.replace(out.digest)
      return true
    }
    const came = { path: change.to, contents: this.target, exchange, inode: null, before: null }
    const end = await settleOut(ground, work, came)
    if (end === 'given back') ground.history.take(exchange, work.seq, change.to, null)
    return true
  }

  /** @returns whether the record is settled. */
  async step(): Promise<boolean> {
    const { ground, work, change } = this
    const source = await ground.digests.examine(change.from, { deep: false })
    const target = await ground.digests.examine(change.to, { deep: false })
    const sourceCopy = 'copy' in source ? source.copy : source
    const targetCopy = 'copy' in target ? target.copy : target
    const action = decideRename(
      work.holds(sourceCopy, this.source),
      work.holds(targetCopy, this.target),
      change.replaces,
    )
    await this.act(action, 'copy' in source ? source : null)
    if (action.source === 'keep') work.keep(change.from, reasonForCopy(sourceCopy))
    if (action.target === 'keep') work.keep(change.to, reasonForCopy(targetCopy))
    return true
  }

  private async act(action: RenameAction, source: Known | null): Promise<void> {
    const { ground, work, change } = this
    if (action.target === 'take the source') await this.move(source!)
    else if (action.target === 'replace by the source') {
      await this.replace(await this.takeSource(source!))
    } else if (action.target === 'fetch' || action.target === 'replace by fetched') await this.fetch()
    if (action.source !== 'to history') return
    const exchange = exchangePlace(ground, work.seq, 1)
    await takeOut(ground, work, { path: change.from, contents: this.source, exchange, before: source })
  }

  private async move(source: Known): Promise<void> {
    const { ground, work, change } = this
    const from = ground.tree.openParent(change.from)
    try {
      const to = ground.tree.makeParent(change.to)
      try {
        ground.disk.moveNew(from.folder, from.name, to.folder, to.name)
        const out = await lookAt(ground, to, source)
        if (out === null || !isKnown(work, out, this.source)) this.mark(out?.rotten ?? false)
        if (out !== null) this.rememberAt(to, out, source)
      } finally {
        ground.disk.close(to.folder)
      }
    } finally {
      ground.disk.close(from.folder)
    }
    ground.digests.forget(change.from)
  }

  /** What is known of a file that only moved holds for what it is now. */
  private rememberAt(to: Place, { digest, rotten }: Out, source: Known): void {
    const { ground, change } = this
    const { record } = source
    const identity = newStat()
    ground.disk.statChild(to.folder, to.name, identity)
    const { inode, mtimeNs, size } = record.identity
    if (identity.inode !== inode || identity.mtimeNs !== mtimeNs || identity.size !== size) return
    if (digest === null || (digest !== record.digest && !rotten)) return
    const blockDigests = digest === record.digest ? ground.digests.blockDigests(record) : null
    const rottenFrom = rotten ? rightDigestOf(record) : null
    ground.digests.rememberOwn(change.to, { identity, digest, blockDigests, from: record, rottenFrom })
  }

  private mark(isRotten: boolean): void {
    const { ground, work, change } = this
    ground.digests.forget(change.to)
    work.keep(change.to, isRotten ? rotten : 'it was changed on this disk before it was renamed')
  }

  /** @returns what was taken out. */
  private async takeSource(source: Known): Promise<Digest | null> {
    const { ground, work, change } = this
    const exchange = exchangePlace(ground, work.seq, 0)
    const from = ground.tree.openParent(change.from)
    try {
      ground.disk.moveNew(from.folder, from.name, exchange.folder, exchange.name)
    } finally {
      ground.disk.close(from.folder)
    }
    ground.digests.forget(change.from)
    return (await lookAt(ground, exchange, source))?.digest ?? null
  }

  /** Puts what was taken out over the target. */
  private async replace(digest: Digest | null): Promise<void> {
    const { ground, work, change } = this
    if (digest === null || !isKnown(work, { digest, size: 0, mtimeMs: 0 }, this.source)) this.mark(false)
    await putFile(ground, work, {
      path: change.to,
      contents: { ...this.target, result: digest },
      attributes: null,
      make: async () => ({ lost: 'it was taken out of the exchange by hand' }),
      mayBeOut: true,
    })
  }

  private async fetch(): Promise<void> {
    const { ground, work, change } = this
    const digest = this.target.result
    await putFile(ground, work, {
      path: change.to,
      contents: this.target,
      attributes: { executable: null, timeMs: work.entry.record.timeMs },
      make: () => resultOf(ground, work, digest),
      mayBeOut: work.mayBeBegun,
    })
  }
}
