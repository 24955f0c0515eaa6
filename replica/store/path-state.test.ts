import { type FilePath, parsePath } from '../../protocol/path.ts'
import { digest } from './changes.fixture.ts'
import type { PathState } from './path-index.ts'
import { decodeSeq, decodeState, encodeSeq, encodeState } from './path-state.ts'

const file: PathState = { seq: 7, is: 'file', digest: digest('content'), size: 7 }

/** Calls `check` with the bytes after each one bit is flipped, and after each end is missing. */
function eachDamage(bytes: Buffer, check: (damaged: Buffer) => void): void {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    check(flipped)
  }
  for (let length = 0; length < bytes.length; length++) check(bytes.subarray(0, length))
}

test.each([null, parsePath('folder/file')])('a state comes back as it was, and with it the path %s', path => {
  for (const state of [file, { ...file, digest: null, size: null }, { seq: 8, is: 'absent' } as const])
    expect(decodeState(encodeState(state, path))).toEqual({ state, path })
})

test('a state with any bit flipped, or cut anywhere, is none', () => {
  eachDamage(encodeState(file, parsePath('folder/file')), damaged => expect(decodeState(damaged)).toBeNull())
})

test('a state that lies with what no path can be is none', () => {
  const long = Array.from({ length: 17 }, () => 'd'.repeat(250)).join('/')
  expect(decodeState(encodeState(file, long as FilePath))).toBeNull()
})

test('a position with any bit flipped, or cut anywhere, is none', () => {
  const bytes = encodeSeq(123_456)
  expect(decodeSeq(bytes)).toBe(123_456)
  eachDamage(bytes, damaged => expect(decodeSeq(damaged)).toBeNull())
})
