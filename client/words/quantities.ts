/** Sizes and times as a person says them. */
import prettyBytes from 'pretty-bytes'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Older than this, a date says more than a number of days. */
const datedAfterMs = 60 * dayMs

/** The largest time that a Date can hold. */
const dateMsMax = 8.64e15

/** @returns `31 B`, `2.1 MiB`. */
export function sizeText(bytes: number): string {
  return prettyBytes(bytes, { binary: true })
}

/** @returns `12 s ago`, `3 min ago`, `1 h ago`, `5 d ago`, then a date; a date as well for what lies ahead. */
export function agoText(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs
  if (ageMs > -minuteMs && ageMs < secondMs) return 'just now'
  if (ageMs < 0 || ageMs >= datedAfterMs) return isoTime(atMs)?.slice(0, 10) ?? 'at no known time'
  return `${durationText(ageMs)} ago`
}

/** @returns `12 s`, `3 min`, `1 h`, `5 d`: one unit, rounded down. */
export function durationText(ms: number): string {
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`
  return `${Math.floor(ms / dayMs)} d`
}

/** @returns ISO 8601 in UTC with milliseconds; null for no time, or one that no calendar has. */
export function isoTime(ms: number | null): string | null {
  return ms === null || ms > dateMsMax ? null : new Date(ms).toISOString()
}

/** @returns `1 version`, `2 versions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
