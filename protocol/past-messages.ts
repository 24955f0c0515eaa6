/**
 * What the frames about earlier contents say: what paths were behind an operation, and one of those contents.
 * Clause: README.md "PAST", "CONTENT", "RECALL".
 */
import { flag, list, oneOf, optional, struct, u64, type ValueOf } from './codec.ts'
import { digest, folderPath, path } from './fields.ts'

/** What a path and all below it were behind the operation `at`; none: before the last operation of the path. */
export const past = struct(() => ({ path: folderPath, at: optional(u64) }))
export type PastRequest = ValueOf<typeof past>

/**
 * What a path was that is otherwise now, or was changed since. `at`: the last operation behind which it was that. `size`, `digest`: of a
 * file, as far as they are known.
 */
const pastEntry = struct(() => ({
  path,
  type: oneOf(['file', 'folder', 'absent']),
  at: u64,
  size: optional(u64),
  digest: optional(digest),
}))
export type PastEntry = ValueOf<typeof pastEntry>

export const pastIs = struct(() => ({ at: u64, entries: list(pastEntry, 0xffff) }))

/** The content that the path had behind the operation `at`. `size`: where it is known. */
export const recall = struct(() => ({ path, at: u64, digest, size: optional(u64) }))
export type Recall = ValueOf<typeof recall>

/** It was found; BODY, DIGESTS and CHUNK follow. `executable`: none where nobody knows. */
export const recalled = struct(() => ({ executable: optional(flag) }))
