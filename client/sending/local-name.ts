/** A name of this machine's as it was typed, byte for byte, and what is there. */
import { constants, open, type Stats, statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { StreamCalls } from '../terminal/stream-calls.ts'
import { typedBytes } from '../typed-bytes.ts'
import { unreadable } from './local-read-error.ts'
import { readPieces } from './pieces.ts'
import type { Pieces } from './stream-source.ts'

/** @param folder what relative names belong to. */
export function localName(typed: string, folder: string): Buffer {
  const bytes = typedBytes(typed)
  return typed.startsWith('/') ? bytes : Buffer.concat([Buffer.from(`${folder}/`), bytes])
}

/** @returns what the name leads to. @throws ConcurError IO_ERROR. */
export function statLocal(name: Buffer, shown: string): Stats {
  try {
    return statSync(name)
  } catch (error) {
    throw unreadable(error, shown)
  }
}

/** Opens a FIFO or device, which may wait for somebody else. @throws the system's error. */
export async function openPieces(name: Buffer, calls: StreamCalls): Promise<Pieces> {
  const fd = await calls.track(promisify(open)(name, constants.O_RDONLY | constants.O_NOCTTY))
  return readPieces(fd, { owned: true })
}
