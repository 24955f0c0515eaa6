/**
 * BLAKE3 in plain JavaScript, for a content of a chunk or two: to load the library takes longer than to hash 1 KiB here,
 * and a read of a small file is over before. Slow for anything larger. As the paper on BLAKE3 has it, section 2: a chunk
 * is a chain of blocks, chunks are the leaves of a tree whose left side is always full.
 */

/** Bytes. */
const blockMax = 64
const chunkMax = 1024

const flags = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8 } as const

const initial = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
)

/** Which words of the message each of the seven rounds takes, in its order. */
const schedules = [Array.from({ length: 16 }, (_, i) => i)]
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
while (schedules.length < 7) schedules.push(permutation.map(i => schedules.at(-1)![i]!))

/** @returns the hash of `bytes`, 32 bytes. */
export function plainBlake3(bytes: Uint8Array): Buffer {
  const hash = hashOf(bytes, 0, flags.root)
  const result = Buffer.allocUnsafeSlow(32)
  for (let i = 0; i < 8; i++) result.writeInt32LE(hash[i]!, 4 * i)
  return result
}

/** @param counter the chunks before the first byte. @returns the chaining value of what hangs below one node of the tree. */
function hashOf(bytes: Uint8Array, counter: number, asRoot: number): Int32Array {
  if (bytes.length <= chunkMax) return hashOfChunk(bytes, counter, asRoot)
  let left = chunkMax
  while (left * 2 < bytes.length) left *= 2
  const message = new Int32Array(16)
  message.set(hashOf(bytes.subarray(0, left), counter, 0))
  message.set(hashOf(bytes.subarray(left), counter + left / chunkMax, 0), 8)
  return compress(initial, message, { counter: 0, length: blockMax, flags: flags.parent | asRoot })
}

function hashOfChunk(bytes: Uint8Array, counter: number, asRoot: number): Int32Array {
  let chained: Int32Array = initial
  let at = 0
  do {
    const block = bytes.subarray(at, at + blockMax)
    const isFirst = at === 0
    at += blockMax
    const position = (isFirst ? flags.chunkStart : 0) | (at >= bytes.length ? flags.chunkEnd | asRoot : 0)
    chained = compress(chained, wordsOf(block), { counter, length: block.length, flags: position })
  } while (at < bytes.length)
  return chained
}

/** The words of a block, little-endian; what is missing is zero. */
function wordsOf(block: Uint8Array): Int32Array {
  const words = new Int32Array(16)
  for (let i = 0; i < block.length; i++) words[i >> 2]! |= block[i]! << (8 * (i & 3))
  return words
}

interface Place {
  /** Chunks before this one, less than 2^31. */
  readonly counter: number
  /** Bytes of the block. */
  readonly length: number
  readonly flags: number
}

function compress(chained: Int32Array, message: Int32Array, place: Place): Int32Array {
  const state = new Int32Array(16)
  state.set(chained)
  for (let i = 0; i < 4; i++) state[8 + i] = initial[i]!
  state[12] = place.counter
  state[14] = place.length
  state[15] = place.flags
  for (let round = 0; round < schedules.length; round++) mixAll(state, message, schedules[round]!)
  const result = new Int32Array(8)
  for (let i = 0; i < 8; i++) result[i] = state[i]! ^ state[i + 8]!
  return result
}

/** The columns of the state, then its diagonals. */
function mixAll(state: Int32Array, message: Int32Array, schedule: readonly number[]): void {
  for (let i = 0; i < 8; i++) {
    const turn = i < 4 ? 0 : 1
    const x = message[schedule[2 * i]!]!
    const y = message[schedule[2 * i + 1]!]!
    mix(state, i & 3, 4 + ((i + turn) & 3), 8 + ((i + 2 * turn) & 3), 12 + ((i + 3 * turn) & 3), x, y)
  }
}

/** Mixes two words of the message, `x` and `y`, into four of the state. */
function mix(state: Int32Array, ia: number, ib: number, ic: number, id: number, x: number, y: number): void {
  let a = state[ia]!
  let b = state[ib]!
  let c = state[ic]!
  let d = state[id]!
  a = (a + b + x) | 0
  d ^= a
  d = (d >>> 16) | (d << 16)
  c = (c + d) | 0
  b ^= c
  b = (b >>> 12) | (b << 20)
  a = (a + b + y) | 0
  d ^= a
  d = (d >>> 8) | (d << 24)
  c = (c + d) | 0
  b ^= c
  b = (b >>> 7) | (b << 25)
  state[ia] = a
  state[ib] = b
  state[ic] = c
  state[id] = d
}
