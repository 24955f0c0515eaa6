/** A folder gets another name, in one step, with whatever lies in it: what nobody knows travels along. */
import type { Change } from '../../../protocol/record.ts'
import { decideFolderRename } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { makeFolderAt } from './mkdir.ts'
import { reasonForCopy } from './refusals.ts'
import { untilDone } from './tries.ts'

type Rename = Extract<Change, { type: 'rename' }>

export async function renameFolder(ground: Ground, work: Work, { from, to }: Rename): Promise<void> {
  const { digests } = ground
  await untilDone(work, to, async () => {
    const source = await digests.look(from, { deep: false })
    const target = await digests.look(to, { deep: false })
    const action = decideFolderRename(source.is, target.is)
    if (action.source === 'move') move(ground, from, to)
    if (action.source === 'to history') fileFolder(ground, work, from)
    if (action.source === 'keep') work.keep(from, reasonForCopy(source))
    if (action.target === 'make') {
      makeFolderAt(ground, to)
      work.keep(to, 'the folder was not here, and is empty now')
    }
    if (action.target === 'keep') work.keep(to, reasonForCopy(target))
    return true
  })
}

function move({ disk, tree }: Ground, from: Rename['from'], to: Rename['to']): void {
  const source = tree.openParent(from)
  try {
    const target = tree.makeParent(to)
    try {
      disk.moveNew(source.folder, source.name, target.folder, target.name)
    } finally {
      disk.close(target.folder)
    }
  } finally {
    disk.close(source.folder)
  }
}

function fileFolder({ disk, tree, history }: Ground, work: Work, path: Rename['from']): void {
  const source = tree.openParent(path)
  try {
    history.take(source, work.seq, path, null)
  } finally {
    disk.close(source.folder)
  }
}
