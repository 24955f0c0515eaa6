/**
 * What an index holds, in as many sums as a tree has: a sum is made of the hashes of a bucket's rows by exclusive or, so that
 * their order does not matter. Two indexes whose sums are equal hold the same. Clause: README.md "RESTATE".
 */
import { blake3Library } from './blake3.ts'
import { ByteWriter } from './bytes.ts'
import type { Digest } from './digest.ts'
import { digest } from './fields.ts'
import { bucketsMax, sumBytes } from './limits.ts'
import type { FilePath } from './path.ts'
import { bucketOf, type TreeSum } from './tree-sum.ts'

const domain = Buffer.from('concur-state-1\0')
const kinds = ['absent', 'folder', 'file'] as const

/** What a path is by the journal, and since which record. */
export interface SummedState {
  readonly seq: number
  readonly is: (typeof kinds)[number]
  readonly digest?: Digest | null
}

export class StateSumming {
  private rows = 0
  private readonly sums = Buffer.alloc(bucketsMax * sumBytes)
  private readonly writer = new ByteWriter()

  add(path: FilePath, state: SummedState): void {
    const { writer } = this
    writer.bytes(domain)
    writer.text(path)
    writer.u64(state.seq)
    writer.u8(kinds.indexOf(state.is))
    if (state.digest != null) digest.write(writer, state.digest)
    const hash = blake3Library().blake3(writer.take())
    const at = bucketOf(path) * sumBytes
    for (let i = 0; i < sumBytes; i++) this.sums[at + i]! ^= hash[i]!
    this.rows++
  }

  /** `files` are the rows. */
  finish(): TreeSum {
    const sums: { bucket: number; sum: string }[] = []
    for (let bucket = 0; bucket < bucketsMax; bucket++) {
      const sum = this.sums.toString('hex', bucket * sumBytes, (bucket + 1) * sumBytes)
      if (!/^0+$/.test(sum)) sums.push({ bucket, sum })
    }
    return { files: this.rows, bytes: 0, sums, open: [] }
  }
}
