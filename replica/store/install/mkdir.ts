/** A folder is made, with those above it that are missing. */
import type { FilePath } from '../../../protocol/path.ts'
import { decideMkdir } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { reasonForCopy } from './refusals.ts'
import { untilDone } from './tries.ts'

export async function mkdir(ground: Ground, work: Work, { path }: { path: FilePath }): Promise<void> {
  await untilDone(work, path, async () => {
    const copy = await ground.digests.look(path, { deep: false })
    const action = decideMkdir(copy)
    if (action === 'keep') work.keep(path, copy.is === 'file' ? 'a file stands there' : reasonForCopy(copy))
    if (action === 'make') makeFolderAt(ground, path)
    return true
  })
}

/** @throws DiskError EEXIST. */
export function makeFolderAt({ disk, tree }: Ground, path: FilePath): void {
  const site = tree.makeParent(path)
  try {
    disk.makeTreeFolder(site.folder, site.name)
  } finally {
    disk.close(site.folder)
  }
}
