import { durationText, parseDuration } from './durations.ts'

test.each([
  ['0ms', 0],
  ['250ms', 250],
  ['2s', 2_000],
  ['007s', 7_000],
  ['90m', 5_400_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '2',
  's',
  '2 s',
  ' 2s',
  '2s ',
  '-2s',
  '+2s',
  '1.5s',
  '1e3ms',
  '2S',
  '2sec',
  '2s\n',
  '0x2s',
  '٢s',
  `${2 ** 53}ms`,
  `${'9'.repeat(400)}d`,
])('%j is no duration', text => {
  expect(parseDuration(text)).toBeNull()
})

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [1_500, '1500ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [86_400_000, '1d'],
])('%d ms is shown as %s, and read back the same', (ms, text) => {
  expect(durationText(ms)).toBe(text)
  expect(parseDuration(text)).toBe(ms)
})
