/**
 * The digest of a file: BLAKE3 over its size and the digests of its 1 MiB blocks, each under its own domain, so
 * that a block can be checked as it comes and a block is never taken for a file. Clause: README.md "Digests".
 */
import { blake3, blake3Library } from './blake3.ts'
import type { Brand } from './ids.ts'
import { blockBytes, digestBytes } from './limits.ts'

/** The digest of a whole file as text: `b3:` and 64 lower-case hex digits. */
export type Digest = Brand<string, 'Digest'>

const blockDomain = Buffer.from('concur-block-1\0')
const fileDomain = Buffer.from('concur-file-1\0')
/** Up to here one call over a copy is faster than a hasher object. */
const oneCallBytesMax = 16 * 1024

function hashUnder(domain: Buffer, ...parts: Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, domain.length)
  if (size <= oneCallBytesMax) return blake3(Buffer.concat([domain, ...parts], size))
  const hasher = new (blake3Library().Blake3Hasher)()
  hasher.update(domain)
  for (const part of parts) hasher.update(Buffer.from(part.buffer, part.byteOffset, part.length))
  return hasher.digestBuffer()
}

/** @returns how many blocks a file of `size` bytes has; the empty file has none. */
export function blockCount(size: number): number {
  return Math.ceil(size / blockBytes)
}

/** @returns the length in bytes of block `index` of a file of `size` bytes. */
export function blockLength(size: number, index: number): number {
  return Math.min(blockBytes, size - index * blockBytes)
}

/** @returns the 32 bytes of a block's digest. `bytes`: one block, 1 byte to 1 MiB. */
export function blockDigest(bytes: Uint8Array): Buffer {
  return hashUnder(blockDomain, bytes)
}

/** @returns the digest of a file of `size` bytes whose blocks have these digests, one behind the other. */
export function fileDigest(size: number, blockDigests: Uint8Array): Digest {
  const sizeBytes = Buffer.alloc(8)
  sizeBytes.writeBigUInt64BE(BigInt(size))
  return digestFromBytes(hashUnder(fileDomain, sizeBytes, blockDigests))
}

/** @returns the digest of a whole small file, and of its blocks. */
export function digestOf(bytes: Uint8Array): { digest: Digest; blockDigests: Buffer } {
  const digests: Buffer[] = []
  for (let at = 0; at < bytes.length; at += blockBytes)
    digests.push(blockDigest(bytes.subarray(at, at + blockBytes)))
  const blockDigests = Buffer.concat(digests)
  return { digest: fileDigest(bytes.length, blockDigests), blockDigests }
}

/** @returns the digest of 64 lower-case hex digits. */
export function digestFromHex(digits: string): Digest {
  return `b3:${digits}` as Digest
}

/** @returns the 64 hex digits of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(3)
}

/** @returns the text of a digest of 32 bytes. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  return digestFromHex(Buffer.from(bytes.buffer, bytes.byteOffset, digestBytes).toString('hex'))
}

/** @returns the 32 bytes of a digest. */
export function digestToBytes(digest: Digest): Buffer {
  return Buffer.from(digestHex(digest), 'hex')
}

/** @returns the digest, or null when `text` is none. */
export function parseDigest(text: string): Digest | null {
  return /^b3:[0-9a-f]{64}$/.test(text) ? (text as Digest) : null
}

/** The digest of a file whose bytes come one piece after the other. */
export class DigestStream {
  private hasher: BlockHasher | null = null
  private inBlock = 0
  private size = 0
  private readonly blockDigests: Buffer[] = []

  /** The bytes may be used again when this returns. */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + blockBytes - this.inBlock)
      this.hasher ??= newBlockHasher()
      this.hasher.update(Buffer.from(part.buffer, part.byteOffset, part.length))
      at += part.length
      this.inBlock += part.length
      if (this.inBlock === blockBytes) this.endBlock()
    }
    this.size += bytes.length
  }

  /** Nothing may come after this. */
  finish(): { size: number; digest: Digest; blockDigests: Buffer } {
    if (this.inBlock > 0) this.endBlock()
    const blockDigests = Buffer.concat(this.blockDigests)
    return { size: this.size, digest: fileDigest(this.size, blockDigests), blockDigests }
  }

  private endBlock(): void {
    this.blockDigests.push(this.hasher!.digestBuffer())
    this.hasher = null
    this.inBlock = 0
  }
}

type BlockHasher = ReturnType<typeof newBlockHasher>

function newBlockHasher() {
  const hasher = new (blake3Library().Blake3Hasher)()
  hasher.update(blockDomain)
  return hasher
}
