/**
 * BLAKE3: the library, loaded when it is asked for, so that who hashes nothing does without; and until then, for the few
 * small hashes of a client that reads one small file, the plain one.
 */
import { createRequire } from 'node:module'
import { plainBlake3 } from './plain-blake3.ts'

type Library = typeof import('@napi-rs/blake-hash')

let library: Library | null = null

/** What is hashed without the library: to load it takes as long as some 1,200 bytes by the plain one. */
const plainBytesMax = 1024 + 64
/** A file is hashed twice, block and whole; whoever hashes more than a few has use for the library. */
let plainTimesLeft = 6

/** @returns the hash of `bytes`, 32 bytes. */
export function blake3(bytes: Buffer): Buffer {
  const isPlain = library === null && bytes.length <= plainBytesMax && plainTimesLeft-- > 0
  return isPlain ? plainBlake3(bytes) : blake3Library().blake3(bytes)
}

/** For who hashes more than a few small contents. */
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
