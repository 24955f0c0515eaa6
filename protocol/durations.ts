/**
 * Durations as people type them: a whole number with its unit. Inside the program they are milliseconds.
 */
const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const

/** @returns the milliseconds, or null when `text` is no whole number with `ms`, `s`, `m`, `h` or `d`. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  if (match === null) return null
  const ms = Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs]
  return Number.isSafeInteger(ms) ? ms : null
}

/** @returns the duration in the largest unit that shows it whole; `ms` is a non-negative integer. */
export function durationText(ms: number): string {
  for (const [unit, unitMs] of Object.entries(unitsMs)) {
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`
  }
  return `${ms}ms`
}
