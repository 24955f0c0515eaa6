/** A delete of one file: out of the tree, into history. */
import type { Digest } from '../../../protocol/digest.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { decideDelete } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { exchangePlace } from './new-file.ts'
import { reasonForCopy } from './refusals.ts'
import { settleTaken, takeOut } from './take-out.ts'
import { untilDone } from './tries.ts'

export interface Deleted {
  readonly path: FilePath
  readonly base: Digest | null
  readonly seen: readonly Digest[]
  /** Which of the record's places it goes through. */
  readonly n: number
}

export async function deleteFile(ground: Ground, work: Work, deleted: Deleted): Promise<void> {
  const { path, base, seen, n } = deleted
  const contents = { base, seen, older: work.older, result: null }
  const exchange = exchangePlace(ground, work.seq, n)
  if (work.mayBeBegun) await settleTaken(ground, work, { path, contents, exchange, before: null })
  await untilDone(work, path, async () => {
    const found = await ground.digests.examine(path, { deep: false })
    const copy = 'copy' in found ? found.copy : found
    const action = decideDelete[work.holds(copy, contents)]
    if (action === 'keep') work.keep(path, reasonForCopy(copy))
    if (action === 'to history')
      await takeOut(ground, work, { path, contents, exchange, before: 'copy' in found ? found : null })
    return true
  })
}
