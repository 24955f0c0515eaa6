/** What many measurements come to, and how two things compare that were measured in turn. Pure functions. */

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** @throws Error when there are no values: nothing was measured. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) throw new Error('nothing was measured')
  const middle = sorted.length / 2
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** @returns the value below which `share` of the values lie. `sorted`: ascending. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

/** @returns the ratio of each round: what was measured side by side is compared side by side. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / theirs[round]!)
}

export interface Goal {
  readonly is: 'at least' | 'at most'
  readonly value: number
}

export function isReached({ is, value }: Goal, reached: number): boolean {
  return is === 'at least' ? reached >= value : reached <= value
}

export interface Measured<Name extends string> {
  readonly name: Name
  measure(round: number): Promise<number>
}

/**
 * Measures each in turn, once to warm up and then `rounds` times; every other round goes backwards.
 * @returns the values by name, one a round.
 */
export async function measureInTurn<Name extends string>(
  rounds: number,
  measured: readonly Measured<Name>[],
): Promise<Record<Name, number[]>> {
  const values = Object.fromEntries(measured.map(({ name }) => [name, []])) as unknown as Record<
    Name,
    number[]
  >
  for (const { measure } of measured) await measure(0)
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 1 ? measured : [...measured].reverse()
    for (const { name, measure } of order) values[name].push(await measure(round))
  }
  return values
}
