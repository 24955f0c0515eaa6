/**
 * What came out of the tree by an exchange: a known content goes to history, and so does one that has rotted. Anything else is somebody's edit that
 * got in between; it is exchanged back. Whoever edits may save again meanwhile: what comes out then is newer still
 * and goes back too, until what is out is ours, or older than what is in. What a loss of power left outside may have
 * lost its bytes: it never goes back.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { Known } from '../digests.ts'
import type { Place } from '../folders.ts'
import type { Contents } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { lookAt } from './looked-at.ts'
import type { Out } from './out.ts'
import { hasMoved, triesMax } from './refusals.ts'

export interface Came {
  readonly path: FilePath
  readonly contents: Contents
  /** Where it lies. */
  readonly exchange: Place
  /** Of the file that went in; null after a restart: by its content then. */
  readonly inode: bigint | null
  /** What was known of the file at the path before. */
  readonly before: Known | null
}

/** @returns `given back`: the path has what it had, and the result lies in the exchange place. */
export async function settleOut(
  ground: Ground,
  work: Work,
  came: Came,
): Promise<'settled' | 'given back' | 'kept'> {
  const out = await lookAt(ground, came.exchange, came.before)
  if (out === null) return 'settled'
  const mayBeTorn = work.mayBeTorn && came.inode === null
  if (mayBeTorn || out.rotten || isKnown(work, out, came.contents)) {
    ground.history.take(came.exchange, work.seq, came.path, out)
    const before = ground.paths.get(came.path)
    work.replaced(came.path, out, { base: came.contents.base, before })
    return 'settled'
  }
  ground.digests.forget(came.path)
  work.keep(came.path, 'it was changed on this disk')
  return giveBack(ground, work, came, out)
}

/** Whether what came out is what the record knows. */
export function isKnown(
  work: Work,
  { digest, size, mtimeMs }: Pick<Out, 'digest' | 'size' | 'mtimeMs'>,
  contents: Contents,
): boolean {
  if (digest === null) return false
  const copy = {
    is: 'file',
    size,
    mtimeMs,
    executable: false,
    digest,
    checkedAtMs: 0,
    rotten: false,
  } as const
  const holds = work.holds(copy, contents)
  return holds === 'known' || holds === 'older' || holds === 'result'
}

async function giveBack(ground: Ground, work: Work, came: Came, first: Out): Promise<'given back' | 'kept'> {
  let goesIn = first
  let wentIn: bigint | null = null
  for (let tries = 1; tries <= triesMax; tries++) {
    if (!exchangeAgain(ground, came)) return 'kept'
    const out = await lookAt(ground, came.exchange, null)
    if (out === null) return 'kept'
    if (isOurs(out, came)) return 'given back'
    if (out.inode === wentIn) break
    wentIn = goesIn.inode
    goesIn = out
  }
  ground.history.take(came.exchange, work.seq, came.path, null)
  return 'kept'
}

/** @returns false when the path was free: what came out is there again, and nothing is out. */
function exchangeAgain(ground: Ground, { exchange, path }: Came): boolean {
  for (let tries = 1; ; tries++) {
    const site = ground.tree.makeParent(path)
    try {
      if (tries % 2 === 1) ground.disk.exchange(exchange.folder, exchange.name, site.folder, site.name)
      else ground.disk.moveNew(exchange.folder, exchange.name, site.folder, site.name)
      return tries % 2 === 1
    } catch (error) {
      if (!hasMoved(error) || tries === triesMax) throw error
    } finally {
      ground.disk.close(site.folder)
    }
  }
}

function isOurs(out: Out, { inode, contents }: Came): boolean {
  return out.inode === inode || (inode === null && out.digest !== null && out.digest === contents.result)
}
