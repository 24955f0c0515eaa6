/** A row as a person reads it: what was measured, how it compares, what the goal is. */
import { type Goal, isReached, ratiosOf, spreadOf } from './figures.ts'

export interface Series {
  readonly name: string
  readonly unit: 'reads/s' | 'changes/s' | 'GiB/s' | 'ms' | 'MiB' | 'KiB'
  /** One a round; or why there are none. */
  readonly values: readonly number[] | string
  readonly goal?: Goal
}

export interface Comparison {
  readonly ours: Series
  readonly beside: Series
  readonly goal: Goal | null
}

export interface RowReport {
  readonly title: string
  readonly series: readonly Series[]
  readonly comparisons: readonly Comparison[]
  readonly notes?: readonly string[]
}

const nameWidth = 58
const figureWidth = 11

/** @returns the lines of a row. */
export function reportLines(name: string, { title, series, comparisons, notes }: RowReport): string[] {
  const heads = ['min', 'median', 'max'].map(head => head.padStart(figureWidth)).join('')
  return [
    `${name}  ${title}`,
    `${' '.repeat(nameWidth)}${heads}`,
    ...series.map(seriesLine),
    ...comparisons.map(comparisonLine),
    ...(notes ?? []).map(note => `  ${note}`),
    '',
  ]
}

function seriesLine({ name, unit, values, goal }: Series): string {
  if (typeof values === 'string') return `${`  ${name}`.padEnd(nameWidth)}  ${values}`
  return line(`${name}, ${unit}`, values, goal ?? null, figure)
}

function comparisonLine({ ours, beside, goal }: Comparison): string {
  const name = `${ours.name} / ${beside.name}`
  if (typeof ours.values === 'string' || typeof beside.values === 'string')
    return `${`  ${name}`.padEnd(nameWidth)}  not measured${goalText(goal)}`
  return line(name, ratiosOf(ours.values, beside.values), goal, ratio => ratio.toFixed(2))
}

function line(
  name: string,
  values: readonly number[],
  goal: Goal | null,
  show: (value: number) => string,
): string {
  const { min, median, max } = spreadOf(values)
  const figures = [min, median, max].map(value => show(value).padStart(figureWidth)).join('')
  const verdict = goal === null ? '' : isReached(goal, median) ? ', reached' : ', missed'
  return `${`  ${name}`.padEnd(nameWidth)}${figures}${goalText(goal)}${verdict}`
}

function goalText(goal: Goal | null): string {
  return goal === null ? '' : `   goal ${goal.is === 'at least' ? '≥' : '≤'} ${goal.value}`
}

function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
