/**
 * Where a coordinator's journal and a replica's part ways, and from where the replica is asked to follow. Each record
 * names the hash of the one before, so the records that both have are the first ones of each: what is sought is the end
 * of a prefix, and one equal hash stands for everything before it. It is nearly always the end of the shorter journal, so
 * that is looked at first, then further and further back, then between the two nearest. Pure.
 * Clauses: protocol/README.md "JOURNAL_AT", "FOLLOW" (the beginning).
 */

export interface Search {
  /** Both have the same records up to here; 0: none that is known. */
  readonly common: number
  /** From here on they have not, or one of them has no record. */
  readonly differs: number
  /** How far back the next look goes; null: between the two. */
  readonly step: number | null
}

/**
 * `lastOfBoth`: the end of the shorter journal. `beginOfBoth`: the first place that both know, that of the journal that begins
 * later; where both begin with the first record, all are the same up to there.
 */
export function beginSearch(lastOfBoth: number, beginOfBoth = 0): Search {
  return { common: Math.max(0, beginOfBoth - 1), differs: lastOfBoth + 1, step: 1 }
}

/** @returns the record to compare next, or null when `common` is the last that both have. */
export function nextProbe({ common, differs, step }: Search): number | null {
  if (common + 1 >= differs) return null
  return step === null ? Math.floor((common + differs) / 2) : Math.max(differs - step, common + 1)
}

/** What is known when the record `probe` was compared. */
export function narrowed(search: Search, probe: number, isSame: boolean): Search {
  if (isSame) return { common: probe, differs: search.differs, step: null }
  return { common: search.common, differs: probe, step: search.step === null ? null : search.step * 2 }
}

/** Whether the replica knows records behind the last common one to be committed. */
export function knowsMore(
  common: number,
  replica: { readonly lastSeq: number; readonly committedSeq: number },
): boolean {
  return Math.min(replica.committedSeq, replica.lastSeq) > common
}

/**
 * Whether both know records behind the last common one to be committed: neither lacks anything, they went different ways.
 * Otherwise the replica drops a tail that was never committed, or knows commits that the coordinator's journal lacks.
 */
export function isFork(place: {
  common: number
  ownCommittedSeq: number
  replica: { readonly lastSeq: number; readonly committedSeq: number }
}): boolean {
  const { common, ownCommittedSeq, replica } = place
  return ownCommittedSeq > common && knowsMore(common, replica)
}

/** Whether the replica has records that it has not settled, and that the coordinator's journal has released: it may ask for their bytes. */
export function mayNeedReleased(
  begin: number,
  replica: { readonly beginSeq: number; readonly settledSeq: number },
): boolean {
  return Math.max(replica.beginSeq, replica.settledSeq) < begin
}
