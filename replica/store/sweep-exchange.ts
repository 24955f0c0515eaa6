/** What work that is over, or is given up, has left between the tree and history. */
import type { FilePath } from '../../protocol/path.ts'
import { type Change, pathsOf } from '../../protocol/record.ts'
import type { Disk, Fd } from './disk.ts'
import type { Ground } from './install/ground.ts'
import { lookAt } from './install/looked-at.ts'

/**
 * A result goes, anything else to history. `changeOf`: whose work it was, by the number of the record and that of the place;
 * null: it stays.
 */
export async function sweepExchange(
  ground: Ground,
  changeOf: (seq: number, n: number) => Change | null,
): Promise<void> {
  for (const name of namesIn(ground.disk, ground.exchange)) {
    const [seq, n] = name.split('-').map(part => Number.parseInt(part, 10))
    const change = changeOf(seq!, n ?? 0)
    if (change === null) continue
    const place = { folder: ground.exchange, name }
    const out = await lookAt(ground, place, null)
    if ('digest' in change && out?.digest === change.digest) ground.disk.remove(ground.exchange, name)
    else ground.history.take(place, seq!, pathsOf(change).at(-1)! as FilePath, out)
  }
}

/** The names in a folder of the server's own. */
export function namesIn(disk: Disk, own: Fd): string[] {
  const folder = disk.openBeneath(own, '.', 'folder')
  const names: string[] = []
  try {
    for (let some = disk.readNames(folder); some.length > 0; some = disk.readNames(folder))
      names.push(...some)
  } finally {
    disk.close(folder)
  }
  return names
}
