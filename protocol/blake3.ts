/**
 * The library that hashes, loaded when it is asked for: who waits for a peer before the first byte is hashed loads it
 * meanwhile, and who hashes nothing does without.
 */
import { createRequire } from 'node:module'

type Library = typeof import('@napi-rs/blake-hash')

let library: Library | null = null

export function blake3Library(): Library {
  library ??= load()
  return library
}

/** The package first finds out where it runs, which takes longer than a small file; on most machines that is here. */
function load(): Library {
  const require = createRequire(import.meta.url)
  try {
    const platform = `linux-${process.arch}-gnu`
    return require(`@napi-rs/blake-hash-${platform}/blake.${platform}.node`)
  } catch {
    return require('@napi-rs/blake-hash')
  }
}
