/** What came out of the tree, once it was looked at. */
import type { Digest } from '../../../protocol/digest.ts'

export interface Out {
  readonly inode: bigint
  readonly size: number
  readonly mtimeMs: number
  /** None: no file, or one that cannot be read. */
  readonly digest: Digest | null
  /** The file that was known to be something else, though nothing changed it: nobody's edit. */
  readonly rotten: boolean
}
