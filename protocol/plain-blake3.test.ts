import { blake3 } from '@napi-rs/blake-hash'
import fc from 'fast-check'
import { plainBlake3 } from './plain-blake3.ts'

test('the hash of nothing is the one of the specification', () => {
  expect(plainBlake3(Buffer.alloc(0)).toString('hex')).toBe(
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
  )
})

/** Around the ends of words, blocks, chunks and whole trees. */
const edges = [0, 4, 64, 128, 1024, 2048, 3072, 4096, 8192].flatMap(end => [end - 1, end, end + 1])

test.each(edges.filter(bytes => bytes >= 0))('the hash of %d bytes is what the library says', bytes => {
  const content = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7) % 251))
  expect(plainBlake3(content).toString('hex')).toBe(blake3(content).toString('hex'))
})

test('the hash of any small content is what the library says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000, size: 'max' }), content =>
      plainBlake3(content).equals(blake3(Buffer.from(content))),
    ),
    // To make a counterexample of 3,000 bytes smaller takes minutes.
    { numRuns: 300, endOnFailure: true },
  )
})
