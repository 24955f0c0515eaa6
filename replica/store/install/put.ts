/** A put: the path becomes a file of the record's content. */
import type { Change } from '../../../protocol/record.ts'
import type { Ground, Work } from './ground.ts'
import { resultOf } from './new-file.ts'
import { putFile } from './put-file.ts'

type Put = Extract<Change, { type: 'put' }>

export async function put(ground: Ground, work: Work, change: Put): Promise<void> {
  const { path, base, seen, digest, executable } = change
  await putFile(ground, work, {
    path,
    contents: { base, seen, older: work.older, result: digest },
    attributes: { executable, timeMs: work.entry.record.timeMs },
    make: () => resultOf(ground, work, digest),
    mayBeOut: work.mayBeBegun,
  })
}
