/** What the lookout tells others. */

/** What this node knows of its own tree; null: not known. */
export interface TreeReport {
  readonly files: number | null
  readonly bytes: number | null
  /** Milliseconds since the last whole scan began. */
  readonly scanAgeMs: number | null
  /** Paths that are not what the journal made of them. */
  readonly marks: number | null
  /** Why the copy is held out of mending. */
  readonly held: string | null
  /** Why not everything is noticed as it happens. */
  readonly unwatched: string | null
}

/** A line for the server's log. */
export interface News {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}
