/**
 * Calls somebody in the middle of a node's work: right before a call of the disk that moves, exchanges or extends what
 * stands at a path of the tree.
 */
import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk, Fd } from '../../replica/store/disk.ts'

/** `act` is told the file, by its name on this machine; what is there is a file or nothing. */
export function callBetween(disk: Disk, root: string, act: (file: string) => void): void {
  const meet = (folder: Fd, name: string): void => {
    const file = join(readlinkSync(`/proc/self/fd/${folder}`), name)
    if (file.startsWith(`${root}/`) && !file.startsWith(`${root}/.concur/`) && isFileOrNothing(file))
      act(file)
  }
  const { moveNew, exchange, openToAppend } = disk
  disk.moveNew = (from, name, to, newName) => {
    meet(from, name)
    meet(to, newName)
    moveNew.call(disk, from, name, to, newName)
  }
  disk.exchange = (folder, name, other, otherName) => {
    meet(other, otherName)
    exchange.call(disk, folder, name, other, otherName)
  }
  disk.openToAppend = place => {
    const file = readlinkSync(`/proc/self/fd/${place}`)
    if (isFileOrNothing(file)) act(file)
    return openToAppend.call(disk, place)
  }
}

function isFileOrNothing(file: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  return stat === undefined || stat.isFile()
}
