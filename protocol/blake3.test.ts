import { blake3 as ofTheLibrary } from '@napi-rs/blake-hash'
import { blake3 } from './blake3.ts'

test('a hash is the same before the library is loaded and after it', () => {
  for (let time = 0; time < 10; time++) {
    for (const bytes of [0, 54, 1039]) {
      const content = Buffer.alloc(bytes, `content ${time}`)
      expect(blake3(content).equals(ofTheLibrary(content))).toBe(true)
    }
  }
  const large = Buffer.alloc(5_000, 'large')
  expect(blake3(large).equals(ofTheLibrary(large))).toBe(true)
})
