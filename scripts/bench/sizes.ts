/** How much is measured: in full, or just enough to see that every row still works. */
const MiB = 1024 * 1024

export interface Sizes {
  /** Times that each thing is measured after its warm-up. */
  readonly rounds: number
  /** The same for the client's start, which is short and noisy. */
  readonly startRounds: number
  /** Milliseconds of load for one rate. */
  readonly rateMs: number
  /** Milliseconds of load before the first of them. */
  readonly warmUpMs: number
  /** Milliseconds of quiet reading for one set of latencies. */
  readonly latencyMs: number
  /** Bytes of the file that is read whole. */
  readonly largeBytes: number
  /** Bytes of the file that is hashed, and of the largest that is read for the figures of memory. */
  readonly hugeBytes: number
  readonly idleConnections: number
  /** Files of 4 KiB that a replica missed. */
  readonly missedFiles: number
  /** Files of 4 KiB of which both nodes have the same. */
  readonly equalFiles: number
}

export const fullSizes: Sizes = {
  rounds: 7,
  startRounds: 45,
  rateMs: 2_000,
  warmUpMs: 4_000,
  latencyMs: 3_000,
  largeBytes: 1024 * MiB,
  hugeBytes: 4096 * MiB,
  idleConnections: 10_000,
  missedFiles: 10_000,
  equalFiles: 100_000,
}

export const shortSizes: Sizes = {
  rounds: 3,
  startRounds: 5,
  rateMs: 300,
  warmUpMs: 700,
  latencyMs: 500,
  largeBytes: 64 * MiB,
  hugeBytes: 512 * MiB,
  idleConnections: 2_000,
  missedFiles: 1_000,
  equalFiles: 5_000,
}
