/**
 * The words of argv byte for byte. Node decodes them as UTF-8 and puts U+FFFD for what is none; where that character
 * appears, the bytes are looked at again, and what is not UTF-8 becomes a text that no parser of paths accepts.
 */
import { readFileSync } from 'node:fs'
import { typedText } from './typed-bytes.ts'

/** @param argv the last words of this process's command line. */
export function typedArguments(argv: readonly string[]): string[] {
  if (!argv.some(word => word.includes('\ufffd'))) return [...argv]
  const words = splitAtZeros(readFileSync('/proc/self/cmdline')).slice(-argv.length)
  if (words.length !== argv.length) return [...argv]
  return words.map(typedText)
}

function splitAtZeros(bytes: Buffer): Buffer[] {
  const words: Buffer[] = []
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) {
    words.push(bytes.subarray(from, to))
  }
  return words
}
