import { agoText, counted, durationText, isoTime, sizeText } from './quantities.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

test.each([
  [0, '0 B'],
  [31, '31 B'],
  [1536, '1.5 KiB'],
  [2.1 * 2 ** 20, '2.1 MiB'],
  [2 ** 40, '1 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text)
})

const now = Date.UTC(2026, 0, 1)

test.each([
  [0, 'just now'],
  [999, 'just now'],
  [second, '1 s ago'],
  [minute - 1, '59 s ago'],
  [3 * minute, '3 min ago'],
  [hour, '1 h ago'],
  [day - 1, '23 h ago'],
  [59 * day, '59 d ago'],
  [60 * day, '2025-11-02'],
  [-30 * second, 'just now'],
  [-2 * day, '2026-01-03'],
])('what is %d ms old is told as %s', (age, text) => {
  expect(agoText(now - age, now)).toBe(text)
})

test('a time that no calendar has is none', () => {
  expect(isoTime(2 ** 53 - 1)).toBeNull()
  expect(isoTime(null)).toBeNull()
  expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z')
  expect(agoText(2 ** 53 - 1, now)).toBe('at no known time')
})

test('one is one, and others are several', () => {
  expect([counted(1, 'version'), counted(2, 'version'), counted(0, 'file')]).toEqual([
    '1 version',
    '2 versions',
    '0 files',
  ])
  expect(durationText(90 * minute)).toBe('1 h')
})
