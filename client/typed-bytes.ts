/**
 * Words of argv that are no UTF-8, as texts and back. A byte that is part of no character stands in a text as a surrogate
 * without its other half, U+DC80 to U+DCFF: no parser of paths accepts it, and what goes to a file gets its byte back.
 */
const escapedFrom = 0xdc00

/** @returns the text of the bytes. */
export function typedText(bytes: Buffer): string {
  const whole = decode(bytes)
  if (whole !== null) return whole
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes[at]!)
    const character = decode(bytes.subarray(at, at + length))
    text += character ?? String.fromCharCode(escapedFrom + bytes[at]!)
    at += character === null ? 1 : length
  }
  return text
}

/** @returns the bytes that were typed. */
export function typedBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text)
  return Buffer.concat(
    [...text].map(character => {
      const code = character.codePointAt(0)! - escapedFrom
      return code >= 0x80 && code <= 0xff ? Buffer.of(code) : Buffer.from(character)
    }),
  )
}

function characterBytes(first: number): number {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
