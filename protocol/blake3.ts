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

/** Where the package lies in most installations, one folder above this file, in the sources as in dist/. */
const packages = `${import.meta.dirname}/../node_modules/@napi-rs`

/**
 * The package first finds out where it runs, and Node where the package is: together that takes longer than a small file.
 */
function load(): Library {
  const platform = `linux-${process.arch}-gnu`
  const module = { exports: {} }
  try {
    process.dlopen(module, `${packages}/blake-hash-${platform}/blake.${platform}.node`)
    return module.exports as Library
  } catch {
    return createRequire(import.meta.url)('@napi-rs/blake-hash')
  }
}
