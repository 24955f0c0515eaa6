/** A bug that some test must find: what the program does wrong, how it is made to, and who turns red. */

/** Replaces what stands in a file once, and nowhere else in it. */
export interface Edit {
  /** From the top of the sources. */
  readonly file: string
  readonly find: string
  readonly put: string
}

/** Tests of one file: those whose whole name has `name` in it. */
export interface NamedTest {
  readonly file: string
  readonly name: string
}

/** One file of bugs/ each, which is called like the bug. */
export interface PlantedBug {
  /** In one sentence: what the program does wrong. */
  readonly what: string
  readonly edits: readonly Edit[]
  /** Each of these has a test that turns red. */
  readonly caughtBy: readonly NamedTest[]
}
