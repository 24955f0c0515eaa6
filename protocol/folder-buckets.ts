/**
 * The buckets of the names in one folder, straight from their bytes: who looks for what falls into a few buckets passes
 * over hundreds of thousands of names, and makes no path of each. Clause: README.md "SUM".
 */
import { crc32 } from 'node:zlib'
import { bucketsMax } from './limits.ts'
import { type FolderPath, wholeTree } from './path.ts'

const polynomial = 0xedb88320

/** The CRC of each byte alone. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial
  return crc
})

export class FolderBuckets {
  /** Of what stands in front of each name. */
  private readonly begun: number

  constructor(folder: FolderPath) {
    this.begun = ~crc32(folder === wholeTree ? '' : `${folder}/`)
  }

  /** @returns the bucket of the path whose last part are these bytes, from `begin` to `end`. */
  bucketOf(bytes: Uint8Array, begin: number, end: number): number {
    let crc = this.begun
    for (let at = begin; at < end; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
    return (~crc >>> 0) % bucketsMax
  }
}
