/** What the bench asks a load process, and what that answers. */

import type { ChangeOptions } from './load-change.ts'
import type { EtcdCall } from './load-etcd.ts'
import type { RateOptions } from './load-rate.ts'

/** What is asked again and again. */
export type RateOf =
  | { readonly of: 'concur' | 'echo' | 'http' | 'bareStore'; readonly port: number }
  | { readonly of: 'etcd'; readonly port: number; readonly call: EtcdCall }
  | { readonly of: 'change'; readonly port: number; readonly change: ChangeOptions }
  /** New files in a folder that is not there yet. */
  | { readonly of: 'folder'; readonly folder: string }

export type RateQuestion = RateOf & RateOptions

/** What goes on while the latency of small reads is measured. */
export type Beside =
  | { readonly is: 'nothing'; readonly forMs: number }
  /** `path` is read whole on the same connection, again until `forMs` are over; a stream of it beside is never read. */
  | { readonly is: 'body'; readonly path: string; readonly forMs: number }
  /** Every node reads every byte of `path`. */
  | { readonly is: 'hashing'; readonly path: string }

export interface ChangesQuestion {
  readonly port: number
  readonly change: ChangeOptions
  readonly count: number
  readonly outstanding: number
}

export type Question =
  | ({ readonly is: 'rate' } & RateQuestion)
  | { readonly is: 'latency'; readonly port: number; readonly beside: Beside }
  /** So many changes, so many at a time. */
  | ({ readonly is: 'changes' } & ChangesQuestion)
  /** Until every node has what is there. */
  | { readonly is: 'wait'; readonly port: number; readonly path: string }
  | { readonly is: 'idle'; readonly port: number; readonly connections: number }

export interface Latency {
  readonly reads: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface Answers {
  /** Answers a second. */
  rate: number
  changes: null
  wait: null
  latency: Latency
  idle: null
}

export type Answer =
  | { readonly is: 'answer'; readonly answer: unknown }
  | { readonly is: 'failed'; readonly reason: string }
