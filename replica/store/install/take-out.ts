/**
 * Takes a file out of the tree into history: out first, then looked at. What is not known goes back, where nothing
 * stands there by then.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { Known } from '../digests.ts'
import type { Place } from '../folders.ts'
import type { Contents } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { lookAt } from './looked-at.ts'
import type { Out } from './out.ts'
import { hasMoved, keepsChanging, reasonOf } from './refusals.ts'
import { isKnown } from './settle-out.ts'

/** @throws DiskError ENOENT when nothing is there any more. */
export async function takeOut(
  ground: Ground,
  work: Work,
  what: { path: FilePath; contents: Contents; exchange: Place; before: Known | null },
): Promise<void> {
  const { path, exchange } = what
  const site = ground.tree.openParent(path)
  try {
    ground.disk.moveNew(site.folder, site.name, exchange.folder, exchange.name)
  } finally {
    ground.disk.close(site.folder)
  }
  await settleTaken(ground, work, what)
}

/** Finishes what `takeOut` began; harmless when nothing is out. */
export async function settleTaken(
  ground: Ground,
  work: Work,
  what: { path: FilePath; contents: Contents; exchange: Place; before: Known | null },
): Promise<void> {
  const { path, contents, exchange, before } = what
  const out = await lookAt(ground, exchange, before)
  if (out === null) return
  ground.digests.forget(path)
  if (!out.rotten && !isKnown(work, out, contents)) return giveBack(ground, work, { exchange, path, out })
  ground.history.take(exchange, work.seq, path, out)
  work.replaced(path, out, { base: contents.base, before: ground.paths.get(path) })
}

function giveBack(
  ground: Ground,
  work: Work,
  { exchange, path, out }: { exchange: Place; path: FilePath; out: Out },
): void {
  try {
    const site = ground.tree.makeParent(path)
    try {
      ground.disk.moveNew(exchange.folder, exchange.name, site.folder, site.name)
    } finally {
      ground.disk.close(site.folder)
    }
    work.keep(path, 'it was changed on this disk')
  } catch (error) {
    if (!hasMoved(error) && reasonOf(error) === null) throw error
    ground.history.take(exchange, work.seq, path, out)
    work.keep(path, keepsChanging)
  }
}
