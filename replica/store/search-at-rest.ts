/**
 * Looking for what a record may have in its hands just now: on its way from the tree to history a file is in neither. A
 * search that finds nothing is made again when the records that it came across, and that were not settled when it began,
 * have put down what they moved.
 */
import type { Timers } from '../../protocol/world.ts'
import { onceSettled } from './once-settled.ts'
import type { Settler } from './settler.ts'

export type Settling = Pick<Settler, 'settledSeq' | 'committedSeq' | 'listen'>

/** How often something is looked for that records move on meanwhile. */
const searchesMax = 10

export interface Search<T> {
  /** The record that made what is looked for. */
  readonly seq: number
  /** `seen` is told of each record that may have moved it, in their order. */
  readonly search: (seen: (seq: number) => void) => Promise<T | null>
  /** Milliseconds that records are waited for, before it is made for the last time; null: as long as they take. */
  readonly withinMs: number | null
}

interface World {
  readonly settler: Settling
  readonly timers: Timers
}

/** @returns what was found; null when it is not here, and was not moved meanwhile. */
export async function searchAtRest<T>(world: World, { seq, search, withinMs }: Search<T>): Promise<T | null> {
  const { settler } = world
  let isLast = false
  for (let tries = 1; ; tries++) {
    const { settledSeq } = settler
    let last = seq
    const found = await search(seen => {
      last = seen
    })
    const until = Math.min(last, settler.committedSeq)
    if (found !== null || until <= settledSeq || isLast || tries === searchesMax) return found
    isLast = !(await settledWithin(world, until, withinMs))
  }
}

function settledWithin({ settler, timers }: World, seq: number, ms: number | null): Promise<boolean> {
  if (seq <= settler.settledSeq) return Promise.resolve(true)
  return new Promise(resolve => {
    let noTimer = (): void => {}
    const callOff = onceSettled(settler, seq, () => {
      noTimer()
      resolve(true)
    })
    if (ms === null) return
    noTimer = timers.after(ms, () => {
      callOff()
      resolve(false)
    })
  })
}
