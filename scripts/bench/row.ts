/** A row of the bench, and what it finds ready when its turn comes. */
import type { Children } from './children.ts'
import type { Cluster } from './cluster.ts'
import type { GlusterFs } from './glusterfs.ts'
import type { Loader } from './loader.ts'
import type { RowReport } from './report.ts'
import type { Sizes } from './sizes.ts'
import type { Needed, Trees } from './trees.ts'

export interface Bench {
  readonly sizes: Sizes
  readonly trees: Trees
  readonly children: Children
  readonly dist: string
  /** Starts coordinator and replica anew; they end with the row. */
  startCluster(): Promise<Cluster>
  /** A load process; it ends with the row. `threads`: calls to the file system that go on at a time. */
  startLoader(threads?: number): Loader
  /** Starts the bare echo. @returns its port. */
  startEcho(): Promise<number>
  /** For what a row makes outside of the two copies; removed at the end. */
  readonly folder: string
  /** Starts two bare stores of new files. @returns the port of the one that is asked. */
  startBareStore(how: 'journal' | 'each'): Promise<number>
  /** Starts etcd. @returns its port, or null where it is not installed. */
  etcd(): Promise<number | null>
  /** Mounts GlusterFS, or says why not. */
  glusterFs(): Promise<GlusterFs>
  /** Starts nginx. @returns its port, or null where it is not installed. */
  webServer(): Promise<number | null>
}

export interface Row {
  readonly name: string
  readonly needs: readonly Needed[]
  /** Whether digests must be believed, so that the row waits until the files are a minute old. */
  readonly isWarm: boolean
  measure(bench: Bench): Promise<RowReport>
}
