/**
 * The two files of an LMDB environment, made or looked at before the library opens them: an open that fails in the
 * library may end the process, and so does a page of its mapped lock file that finds no place on the disk.
 */
import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { ConcurError } from '../../protocol/errors.ts'

export const pageBytes = 4096

/** What new files take. */
const newBytes = 128 * 1024

/** Of each of the first two pages: that it is one of the two that describe the file, and for this version and page size. */
const header = [
  { at: 18, is: 0x0008, bytes: 2 },
  { at: 24, is: 0xbeefc0de, bytes: 4 },
  { at: 28, is: 2, bytes: 4 },
  { at: 48, is: pageBytes, bytes: 4 },
]

/** Why something cannot be opened that says nothing of what is there. */
const notItsFault: ReadonlySet<unknown> = new Set([
  ...['EPERM', 'EIO', 'ENOMEM', 'EACCES', 'ENFILE', 'EMFILE', 'ENOSPC', 'EROFS', 'EDQUOT'],
  // As the library gives them.
  ...[1, 5, 12, 13, 23, 24, 28, 30, 122],
])

/** Whether an index that cannot be opened may be thrown away, and made anew. */
export function isDamage(error: unknown): boolean {
  return !(error instanceof ConcurError) && !notItsFault.has((error as { code?: unknown }).code)
}

/**
 * Makes the folder and the files where they are missing.
 * @throws ConcurError NO_SPACE when there is no room for new ones; Error for a damaged one; what the system refuses.
 */
export function prepareFiles(folder: string, freeBytes: () => number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open: number[] = []
  try {
    for (const name of ['data.mdb', 'lock.mdb'])
      open.push(openSync(join(folder, name), constants.O_RDWR | constants.O_CREAT, 0o600))
    const [content, lock] = open.map(file => fstatSync(file))
    if ((content!.size === 0 || lock!.blocks === 0) && freeBytes() < newBytes)
      throw new ConcurError('NO_SPACE', 'no space is left for the index')
    if (content!.size > 0) assertHeader(open[0]!)
  } finally {
    for (const file of open) closeSync(file)
  }
}

/** @throws Error. */
function assertHeader(file: number): void {
  const pages = Buffer.alloc(2 * pageBytes)
  const isWhole = readSync(file, pages, 0, pages.length, 0) === pages.length
  // Numbers lie in it as in the memory of the machine that made it, and only such a machine opens it.
  const { buffer } = new Uint32Array([1])
  const isLittle = new Uint8Array(buffer)[0] === 1
  const numberAt = (at: number, bytes: number): number =>
    isLittle ? pages.readUIntLE(at, bytes) : pages.readUIntBE(at, bytes)
  for (const page of [0, pageBytes])
    for (const { at, is, bytes } of header)
      if (!isWhole || numberAt(page + at, bytes) !== is) throw new Error('the index is damaged')
}
