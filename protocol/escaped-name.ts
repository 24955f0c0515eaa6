/**
 * A name on a disk that no path can have, as text that a person can read and that can be told back into its bytes.
 * Clause: README.md "Escaped names".
 */
import { isUtf8 } from 'node:buffer'

const backslash = 0x5c

/**
 * Whole characters stand for themselves; a backslash is doubled; a control character, and a byte that belongs to no
 * character of UTF-8, becomes `\xNN`.
 */
export function escapeName(name: Uint8Array): string {
  let escaped = ''
  for (let at = 0; at < name.length; ) {
    const first = name[at]!
    const length = isControl(first) ? 0 : characterLength(name, at)
    if (length === 0) escaped += `\\x${first.toString(16).padStart(2, '0')}`
    else if (first === backslash) escaped += '\\\\'
    else escaped += Buffer.from(name.subarray(at, at + length)).toString('utf8')
    at += Math.max(1, length)
  }
  return escaped
}

/** @param escaped what escapeName gave. @returns the bytes that it was made of. */
export function unescapeName(escaped: string): Buffer {
  const parts = escaped.split(/\\(\\|x[0-9a-f]{2})/)
  return Buffer.concat(
    parts.map((part, at) => {
      if (at % 2 === 0) return Buffer.from(part)
      return Buffer.of(part === '\\' ? backslash : Number.parseInt(part.slice(1), 16))
    }),
  )
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f
}

/** @returns the bytes of the whole character that begins here; 0: none does. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const character = bytes.subarray(at, at + length)
  return character.length === length && isUtf8(character) ? length : 0
}
