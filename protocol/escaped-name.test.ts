import fc from 'fast-check'
import { escapeName, unescapeName } from './escaped-name.ts'

/** The inverse, from the words of README.md "Escaped names". */
function bytesOf(escaped: string): Buffer {
  const parts = escaped.match(/\\\\|\\x[0-9a-f]{2}|[^\\]+/g) ?? []
  return Buffer.concat(
    parts.map(part => {
      if (part === '\\\\') return Buffer.from('\\')
      return part.startsWith('\\x') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part)
    }),
  )
}

test.each([
  ['plain.txt', 'plain.txt'],
  ['Grüße 日本語 😀', 'Grüße 日本語 😀'],
  ['a\\b', 'a\\\\b'],
  ['new\nline', 'new\\x0aline'],
  ['\x7f', '\\x7f'],
  ['.CONCUR', '.CONCUR'],
  ['', ''],
])('the name %j is shown as %s', (name, escaped) => {
  expect(escapeName(Buffer.from(name))).toBe(escaped)
})

test.each([
  ['ff', '\\xff'],
  ['61ff62', 'a\\xffb'],
  // The first byte of a character, and what follows it not.
  ['c3', '\\xc3'],
  ['c361', '\\xc3a'],
  ['e282', '\\xe2\\x82'],
  ['f09f98', '\\xf0\\x9f\\x98'],
  // Too long a form, half of a pair, beyond the last character.
  ['c080', '\\xc0\\x80'],
  ['eda080', '\\xed\\xa0\\x80'],
  ['f4908080', '\\xf4\\x90\\x80\\x80'],
  ['5cff', '\\\\\\xff'],
])('the bytes %s are shown as %s', (hex, escaped) => {
  expect(escapeName(Buffer.from(hex, 'hex'))).toBe(escaped)
})

test('every name is told back into its bytes, and what is shown has no control character', () => {
  const byte = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0x5c, 0x78, 0x66, 0xc3, 0xbc, 0xff))
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 255 }), bytes => {
      const name = Buffer.from(bytes)
      const escaped = escapeName(name)
      expect(bytesOf(escaped).equals(name)).toBe(true)
      expect(unescapeName(escaped).equals(name)).toBe(true)
      expect(escaped.isWellFormed()).toBe(true)
      expect(escaped).not.toMatch(/[\u0000-\u001f\u007f]/)
    }),
    { numRuns: 2_000 },
  )
})
