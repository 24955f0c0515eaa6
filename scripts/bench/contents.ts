/**
 * The files that are read: their names, their bytes, and their digests, known before anybody is asked. What is read
 * is held against this.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, fsync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { blockDigest, type Digest, fileDigest } from '../../protocol/digest.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'

export const smallFiles = 1_000
export const smallBytes = 1024

/** @returns the path of small file `number`. */
export function smallPath(number: number): string {
  return `small/${String(number).padStart(4, '0')}.txt`
}

/** @returns the bytes of small file `number`: each file has its own. */
export function smallContent(number: number): Buffer {
  return createHash('shake256', { outputLength: smallBytes }).update(`small ${number}`).digest()
}

/** One random block, so that no file has two equal ones and none compresses: every other is this one, numbered. */
const pattern = randomFillSync(Buffer.alloc(blockBytes))

/** Blocks that are written before everything else has its turn. */
const blocksAtOnce = 16

/**
 * Writes one content of `bytes` bytes (whole blocks) to every file of `files`, and onto the disk.
 * @returns its digest.
 */
export async function writeLarge(files: readonly string[], bytes: number, seed: number): Promise<Digest> {
  const fds = files.map(file => openSync(file, 'wx'))
  const blocks = bytes / blockBytes
  const digests = Buffer.alloc(blocks * digestBytes)
  for (let block = 0; block < blocks; block++) {
    if (block % blocksAtOnce === 0) await new Promise(setImmediate)
    pattern.writeUInt32BE(seed, 0)
    pattern.writeUInt32BE(block, 4)
    digests.set(blockDigest(pattern), block * digestBytes)
    for (const fd of fds) writeSync(fd, pattern)
  }
  for (const fd of fds) {
    await promisify(fsync)(fd)
    closeSync(fd)
  }
  return fileDigest(bytes, digests)
}

/** Bytes of each of many files. */
export const manyBytes = 4096
const filesPerFolder = 1_000

/** Makes so many files, a thousand in each folder. @returns the folder. */
export function makeFiles(folder: string, count: number): string {
  for (let number = 0; number < count; number++) {
    const file = join(folder, manyPath(number))
    if (number % filesPerFolder === 0) mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, Buffer.alloc(manyBytes, String(number)))
  }
  return folder
}

/** @returns the path of file `number` of many. */
export function manyPath(number: number): string {
  return `${Math.floor(number / filesPerFolder)}/${number}`
}
