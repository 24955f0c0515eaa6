import fc from 'fast-check'
import { parsePath } from '../protocol/path.ts'
import { typedBytes, typedText } from './typed-bytes.ts'

test('any bytes come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      expect(typedBytes(typedText(Buffer.from(bytes))).equals(Buffer.from(bytes))).toBe(true)
    }),
  )
})

test('text comes through as it is, and what is none makes no path', () => {
  expect(typedText(Buffer.from('näme 🙂 \ufffd'))).toBe('näme 🙂 \ufffd')
  const text = typedText(Buffer.from('n\u00e4me', 'latin1'))
  expect(text).toBe('n\udce4me')
  expect(() => parsePath(text)).toThrow('it is not valid UTF-8')
})
