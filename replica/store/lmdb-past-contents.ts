/**
 * Which contents a path had before, in LMDB: path and digest → the last record that made it so. Of the digest half is enough to
 * tell the contents of one path apart. Keys begin with the path, so that what is written together lies together.
 */
import { blake3 } from '@napi-rs/blake-hash'
import { type Digest, digestToBytes } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type Bytes, keyBytesMax, type LmdbEnvironment } from './lmdb-environment.ts'
import { decodeSeq, encodeSeq } from './path-state.ts'

const digestBytesKept = 16
/** No path has this byte. */
const between = Buffer.of(0)
const longestPathBytes = keyBytesMax - digestBytesKept - between.length

export class LmdbPastContents {
  private readonly environment: LmdbEnvironment
  private readonly contents: Bytes
  /** What was put and is not yet seen by a read of the disk. */
  private readonly newSeqs = new Map<string, number>()

  constructor(environment: LmdbEnvironment) {
    this.environment = environment
    this.contents = environment.database('contents')
  }

  put(path: FilePath, digest: Digest, seq: number): void {
    const content = `${path}\0${digest}`
    this.newSeqs.set(content, seq)
    const isNewest = (): boolean => this.newSeqs.get(content) === seq
    this.environment.write({
      database: this.contents,
      key: keyOf(path, digest),
      value: encodeSeq(seq),
      onWritten: () => {
        if (isNewest()) this.newSeqs.delete(content)
      },
      onFailed: isNewest,
    })
  }

  seqOf(path: FilePath, digest: Digest): number | null {
    const seq = this.newSeqs.get(`${path}\0${digest}`)
    if (seq !== undefined) return seq
    const bytes = this.contents.getBinaryFast(keyOf(path, digest))
    return bytes === undefined ? null : decodeSeq(bytes)
  }
}

function keyOf(path: FilePath, digest: Digest): Buffer {
  const bytes = Buffer.from(path)
  const name = bytes.length <= longestPathBytes ? [bytes] : [between, blake3(bytes)]
  return Buffer.concat([...name, between, digestToBytes(digest).subarray(0, digestBytesKept)])
}
