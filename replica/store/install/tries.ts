/** Does something on a path that may move under us, until it is done; refusals that are about the path keep it. */
import type { FilePath } from '../../../protocol/path.ts'
import type { Work } from './ground.ts'
import { hasMoved, keepsChanging, reasonOf, triesMax } from './refusals.ts'

/** `step` returns whether it is done. */
export async function untilDone(
  work: Work,
  path: FilePath,
  step: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let tries = 1; tries <= triesMax; tries++) {
    try {
      if (await step()) return
    } catch (error) {
      if (hasMoved(error)) continue
      const reason = reasonOf(error)
      if (reason === null) throw error
      work.keep(path, reason)
      return
    }
  }
  work.keep(path, keepsChanging)
}
