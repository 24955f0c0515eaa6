/**
 * The names in a folder, sorted, however many there are: each batch that the disk gives is sorted at once, and the
 * sorted runs are merged in slices of time. Names are strings of bytes (disk.ts), so their order is that of bytes.
 */
import type { Disk, Fd, WantsName } from './disk.ts'
import type { Slices } from './slices.ts'

/** Steps of a merge between two looks at the clock. */
const stepsBetween = 4096

/**
 * @param listed what is sorted in place of a name; null: it is left out.
 * @param wants only of these names.
 * @throws DiskError.
 */
export async function sortedNames<Name extends string>(
  disk: Disk,
  folder: Fd,
  slices: Slices,
  listed: (name: string) => Name | null,
  wants?: WantsName,
): Promise<Name[]> {
  let runs: Name[][] = []
  for (;;) {
    const names = disk.readNames(folder, wants)
    if (names.length === 0) break
    runs.push(names.flatMap(name => listed(name) ?? []).sort())
    if (slices.isUsedUp) await slices.next()
  }
  while (runs.length > 1) {
    const merged: Name[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(i + 1 < runs.length ? await merge(runs[i]!, runs[i + 1]!, slices) : runs[i]!)
    }
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<Name extends string>(
  left: readonly Name[],
  right: readonly Name[],
  slices: Slices,
): Promise<Name[]> {
  const merged: Name[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const takesLeft = r === right.length || (l < left.length && left[l]! <= right[r]!)
    merged.push(takesLeft ? left[l++]! : right[r++]!)
    if (merged.length % stepsBetween === 0 && slices.isUsedUp) await slices.next()
  }
  return merged
}
