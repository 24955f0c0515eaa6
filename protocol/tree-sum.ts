/**
 * What a tree holds, in 4,096 sums: paths fall into buckets by a hash of the path, and each bucket has the hash of
 * everything that lies in it, in the order of a listing. Two trees whose sums are equal hold the same; where a sum
 * differs, its bucket alone has to be looked through. What cannot be compared is in no sum: its bucket is open, and has
 * to be looked through whatever the sums say. Clause: README.md "SUM".
 */
import { crc32 } from 'node:zlib'
import { blake3Library } from './blake3.ts'
import { type Digest, digestHex } from './digest.ts'
import { unescapeName } from './escaped-name.ts'
import { bucketsMax, digestBytes, pathBytesMax, sumBytes } from './limits.ts'
import type { ListedPath } from './listed-path.ts'
import type { FilePath } from './path.ts'

export interface TreeSum {
  readonly files: number
  readonly bytes: number
  /** By number; a bucket in which nothing lies has none. */
  readonly sums: readonly { readonly bucket: number; readonly sum: string }[]
  /** Buckets with something that cannot be compared, by number. */
  readonly open: readonly number[]
}

const domain = Buffer.from('concur-sum-1\0')
const fileType = 0
const folderType = 1

/** Bytes of a bucket that wait to be hashed; in most trees all of it. */
const heldBytesMax = 2048
const entryBytesMax = 1 + 2 + pathBytesMax + digestBytes

export function bucketOf(path: FilePath): number {
  return crc32(path) % bucketsMax
}

/** As bucketOf; what has an escaped name falls where the bytes of its path on the disk do. */
export function bucketOfListed(listed: ListedPath): number {
  if (!listed.escaped) return bucketOf(listed.path)
  const nameAt = listed.path.lastIndexOf('/') + 1
  const name = unescapeName(listed.path.slice(nameAt))
  return crc32(name, crc32(listed.path.slice(0, nameAt))) % bucketsMax
}

/** @returns the buckets in which these trees may differ. */
export function bucketsToCompare(trees: readonly TreeSum[]): Set<number> {
  const differing = new Set(trees.flatMap(({ open }) => open))
  const [first, ...others] = trees
  const sums = new Map(first?.sums.map(({ bucket, sum }) => [bucket, sum]))
  for (const other of others) {
    const unmatched = new Set(sums.keys())
    for (const { bucket, sum } of other.sums)
      if (sums.get(bucket) === sum) unmatched.delete(bucket)
      else differing.add(bucket)
    for (const bucket of unmatched) differing.add(bucket)
  }
  return differing
}

/** Sums up a tree whose entries come in the order of a listing. */
export class TreeSumming {
  private files = 0
  private bytes = 0
  private readonly open = new Set<number>()
  /** A place for each bucket; pages that are never written cost nothing. */
  private readonly held = Buffer.alloc(bucketsMax * heldBytesMax)
  private readonly heldBytes = new Uint16Array(bucketsMax)
  /** Of buckets whose first bytes were hashed already. */
  private readonly hashers = new Map<number, BucketHasher>()
  /** For one that finds no room there. */
  private readonly entry = Buffer.allocUnsafe(entryBytesMax)

  addFile(path: FilePath, file: { readonly size: number; readonly digest: Digest }): void {
    this.files++
    this.bytes += file.size
    this.add(path, fileType, file.digest)
  }

  addFolder(path: FilePath): void {
    this.add(path, folderType, null)
  }

  /** Something is there that cannot be compared. */
  addUnknown(listed: ListedPath): void {
    this.open.add(bucketOfListed(listed))
  }

  /** Nothing may come after this. */
  finish(): TreeSum {
    const sums: { bucket: number; sum: string }[] = []
    for (let bucket = 0; bucket < bucketsMax; bucket++) {
      const hash = this.hashOf(bucket)
      if (hash !== null) sums.push({ bucket, sum: hash.toString('hex', 0, sumBytes) })
    }
    const open = [...this.open].sort((a, b) => a - b)
    return { files: this.files, bytes: this.bytes, sums, open }
  }

  private add(path: FilePath, type: number, digest: Digest | null): void {
    const bucket = bucketOf(path)
    const bytesMax = 3 + 3 * path.length + digestBytes
    if (this.heldBytes[bucket]! + bytesMax > heldBytesMax) return this.addBeyond(bucket, path, type, digest)
    const at = bucket * heldBytesMax + this.heldBytes[bucket]!
    this.heldBytes[bucket]! += writeEntry(this.held, at, path, type, digest)
  }

  /** Where there is no more room, all that is held of the bucket is hashed, and the entry behind it. */
  private addBeyond(bucket: number, path: FilePath, type: number, digest: Digest | null): void {
    const hasher = this.hashers.get(bucket) ?? this.begin(bucket)
    hasher.update(this.heldOf(bucket))
    this.heldBytes[bucket] = 0
    hasher.update(this.entry.subarray(0, writeEntry(this.entry, 0, path, type, digest)))
  }

  private begin(bucket: number): BucketHasher {
    const hasher = newBucketHasher()
    this.hashers.set(bucket, hasher)
    return hasher
  }

  private heldOf(bucket: number): Buffer {
    const begin = bucket * heldBytesMax
    return this.held.subarray(begin, begin + this.heldBytes[bucket]!)
  }

  /** @returns null for a bucket in which nothing lies. */
  private hashOf(bucket: number): Buffer | null {
    const hasher = this.hashers.get(bucket)
    if (hasher === undefined && this.heldBytes[bucket] === 0) return null
    if (hasher === undefined) return blake3Library().blake3(Buffer.concat([domain, this.heldOf(bucket)]))
    hasher.update(this.heldOf(bucket))
    return hasher.digestBuffer()
  }
}

/** @returns its length. */
function writeEntry(into: Buffer, at: number, path: FilePath, type: number, digest: Digest | null): number {
  const pathBytes = into.write(path, at + 3)
  into[at] = type
  into.writeUInt16BE(pathBytes, at + 1)
  if (digest === null) return 3 + pathBytes
  return 3 + pathBytes + into.write(digestHex(digest), at + 3 + pathBytes, 'hex')
}

type BucketHasher = ReturnType<typeof newBucketHasher>

function newBucketHasher() {
  const hasher = new (blake3Library().Blake3Hasher)()
  hasher.update(domain)
  return hasher
}
