/**
 * Which contents a path had before, in LMDB: path and digest → the last record that made it so. Of the digest half is enough to
 * tell the contents of one path apart. Keys begin with the path, so that what is written together lies together.
 */
import type { LmdbEnvironment } from './lmdb-environment.ts'
import { LmdbPathEntries, type ValueCodec } from './lmdb-path-entries.ts'
import { decodeSeq, encodeSeq } from './path-state.ts'

/** A very long path is nowhere in it: it is found by whoever asks for it. */
const seqs: ValueCodec<number> = { encode: encodeSeq, decode: decodeSeq, pathIn: () => null }

export function lmdbPastContents(environment: LmdbEnvironment): LmdbPathEntries<number> {
  return new LmdbPathEntries(environment, 'contents', seqs)
}
