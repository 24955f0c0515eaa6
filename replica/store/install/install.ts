/** One record's effect on the tree. What only concerns the cluster has none. */

import { append } from './append.ts'
import { deleteFile } from './delete-file.ts'
import { deleteFolder } from './delete-folder.ts'
import type { Ground, Work } from './ground.ts'
import { mkdir } from './mkdir.ts'
import { put } from './put.ts'
import { renameFile } from './rename-file.ts'
import { renameFolder } from './rename-folder.ts'

/**
 * Harmless when repeated, from wherever a crash left it.
 * @throws DiskError when the disk is in trouble: nothing is skipped, and it can be tried again.
 */
export async function install(ground: Ground, work: Work): Promise<void> {
  const { change } = work.entry.record
  switch (change.type) {
    case 'put':
      return put(ground, work, change)
    case 'append':
      return append(ground, work, change)
    case 'rename':
      return change.what === 'file' ? renameFile(ground, work, change) : renameFolder(ground, work, change)
    case 'delete':
      return change.what === 'file'
        ? deleteFile(ground, work, { ...change, n: 0 })
        : deleteFolder(ground, work, change)
    case 'mkdir':
      return mkdir(ground, work, change)
    case 'begin':
    case 'join':
    case 'leave':
    case 'abandoned':
    case 'lock':
    case 'unlock':
      return
  }
}
