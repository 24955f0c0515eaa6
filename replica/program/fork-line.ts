/** The line in the log that says that a fork was filed, and where its contents are. */
import type { Log } from './log.ts'

const pathsMax = 20

/** What the store says of it. */
export interface FiledFork {
  readonly commonSeq: number
  readonly lastSeq: number
  /** Below `.concur/history`. */
  readonly name: string
  readonly paths: readonly { readonly path: string; readonly is: 'taken' | 'left' }[]
}

export function logFork(log: Log, { commonSeq, lastSeq, name, paths }: FiledFork): void {
  const named = (is: 'taken' | 'left') => paths.filter(one => one.is === is).map(({ path }) => path)
  const [taken, left] = [named('taken'), named('left')]
  const of = { fromSeq: commonSeq + 1, toSeq: lastSeq, history: name }
  const counts = { taken: taken.length, left: left.length }
  log.warn({ ...of, ...counts, paths: [...taken, ...left].slice(0, pathsMax) }, 'fork filed')
}
