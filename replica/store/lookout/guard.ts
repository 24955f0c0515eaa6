/**
 * When so much of a copy vanished or changed at once that nobody should take it for what people want: a disk that was
 * not mounted, a script that ran wild, an encrypting virus. Such a copy is left as it is, and nothing is mended by it, until
 * its files are back or a person says that it was meant. Pure.
 */

/** Fewer files than this are somebody's work of an afternoon. */
export const changedFilesMin = 50
/** Of a hundred files that the journal made. */
export const changedPercentMax = 30

/** Files that the journal made, by what a scan found of them. */
export interface Tally {
  /** All that should be there. */
  readonly files: number
  readonly missing: number
  /** Those that are there and are not what they should be. */
  readonly changed: number
}

/** @param before how many files were missing or changed already, as of the last scan that counts. */
export function isTooMuch({ files, missing, changed }: Tally, before: number): boolean {
  const since = missing + changed - before
  return since >= changedFilesMin && since * 100 > files * changedPercentMax
}

/** Reads on from the node's name, or from "the copy". */
export function heldReason({ files, missing, changed }: Tally, before: number): string {
  const since = missing + changed - before
  const which = [
    ...(missing > 0 ? [`${missing} are missing`] : []),
    ...(changed > 0 ? [`${changed} are changed`] : []),
  ]
  return (
    `${since} of ${files} files vanished or changed on this disk since the scan before (${which.join(', ')}): ` +
    'the copy stays as it is, and nothing is mended by it; ' +
    'put the files back, or start this server once with --recheck if it was meant'
  )
}
