/**
 * Opens what lies below a folder, by the kernel's own rule: no link is followed and no mount entered, whatever is renamed
 * meanwhile.
 */
import fs from 'node:fs'
import koffi from 'koffi'
import type { Fd } from './disk.ts'
import { lastError } from './last-error.ts'

const openat2Number = 437
const RESOLVE_NO_XDEV = 0x01
const RESOLVE_NO_SYMLINKS = 0x04
const RESOLVE_BENEATH = 0x08

const O_PATH = 0o10000000
const O_CLOEXEC = 0o2000000
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants

/** The kernel takes names up to 4,095 bytes; longer paths are opened in two steps. */
const nameBytesMax = 4095
/** How often a call is made anew that the kernel could not decide while something was renamed. */
const triesMax = 16

/** struct open_how. */
function openHow(flags: number): Buffer {
  const how = Buffer.alloc(24)
  how.writeBigUInt64LE(BigInt(flags), 0)
  how.writeBigUInt64LE(BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV), 16)
  return how
}

const howToOpen = {
  place: openHow(O_PATH | O_NOFOLLOW | O_CLOEXEC),
  folder: openHow(O_RDONLY | O_DIRECTORY | O_CLOEXEC),
  folderPlace: openHow(O_PATH | O_DIRECTORY | O_CLOEXEC),
}

const openat2 = koffi
  .load(null)
  .func('long syscall(long number, int folder, const char *path, void *how, size_t size)')

/** @param as the place alone, whatever lies there, or a folder to list. @throws DiskError. */
export function openBeneath(folder: Fd, path: string, as: 'place' | 'folder'): Fd {
  if (path.length * 3 <= nameBytesMax || Buffer.byteLength(path) <= nameBytesMax)
    return open(folder, path, as)
  const middle = path.indexOf('/', Math.floor(path.length / 2))
  const upper = open(folder, path.slice(0, middle), 'folderPlace')
  try {
    return open(upper, path.slice(middle + 1), as)
  } finally {
    fs.closeSync(upper)
  }
}

function open(folder: Fd, path: string, as: keyof typeof howToOpen): Fd {
  for (let tries = 1; ; tries++) {
    const fd = Number(openat2(openat2Number, folder, path, howToOpen[as], 24))
    if (fd >= 0) return fd as Fd
    const error = lastError('openat2')
    if ((error.code !== 'EAGAIN' && error.code !== 'EINTR') || tries === triesMax) throw error
  }
}
