/**
 * How old what lies in history is, in time that this node has seen pass: whatever clocks say, nothing grows older while
 * nobody looks. Samples say up to which record everything was settled, and so filed, at which of its moments; the age of
 * `history/<seq>` follows from that, and is never more than it is. Names that say no record, or were used again, are dated
 * when they are noticed. Pure.
 */
import { isForkTop, seqOfTop } from './object-name.ts'

/** At this moment, in seen milliseconds, everything up to the record was settled. */
export interface Sample {
  readonly seenMs: number
  readonly seq: number
}

export interface Dates {
  /** Both grow from one to the next. */
  readonly samples: readonly Sample[]
  /** Folders of forks, and objects, by their names: when they came. */
  readonly noticed: ReadonlyMap<string, number>
}

export const samplesMax = 1024
/** Names that are dated by themselves, at the most. */
export const noticedMax = 1000

/** Adds a sample when the last one is `spacingMs` old. Where there are too many, older ones stand wider apart. */
export function sampled(samples: readonly Sample[], now: Sample, spacingMs: number): readonly Sample[] {
  const last = samples.at(-1)
  if (last !== undefined && (now.seq <= last.seq || now.seenMs < last.seenMs + spacingMs)) return samples
  const all = [...samples, now]
  if (all.length <= samplesMax) return all
  return all.filter((_, at) => at % 2 === 1 || at >= samplesMax / 2)
}

/** Records behind `seq` were taken back: others will have their numbers. */
export function samplesUpTo(samples: readonly Sample[], seq: number): readonly Sample[] {
  return samples.every(sample => sample.seq <= seq) ? samples : samples.filter(sample => sample.seq <= seq)
}

/** @returns when an object was filed at the latest; null: not known yet. */
export function filedBy(dates: Dates, top: string, name: string): number | null {
  const topMs = topFiledBy(dates, top)
  return topMs === null ? null : Math.max(topMs, dates.noticed.get(name) ?? 0)
}

function topFiledBy({ samples, noticed }: Dates, top: string): number | null {
  const fork = top.split('/')[0]!
  if (isForkTop(fork)) return noticed.get(fork) ?? null
  const seq = seqOfTop(top)
  const sample = seq === null ? undefined : samples.find(one => one.seq >= seq)
  return sample?.seenMs ?? null
}

/** @returns the last record of which everything was filed by then; 0: there is none. */
export function seqFiledBy({ samples }: Dates, seenMs: number): number {
  return samples.findLast(sample => sample.seenMs <= seenMs)?.seq ?? 0
}
