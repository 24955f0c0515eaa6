/** Where each record is: eight bytes of memory a record, in pieces, so that growing never copies what is there. */

const pieceLength = 4096

/** A place in the journal: which segment, counted from 0, and where in it. */
export interface Place {
  readonly segment: number
  readonly at: number
}

export class Offsets {
  private readonly pieces: Float64Array[] = []
  private count = 0

  /** Seq of the last record; the first is 1. */
  get last(): number {
    return this.count
  }

  /** Adds the place of the record behind the last. */
  push(segment: number, at: number): void {
    const inPiece = this.count % pieceLength
    if (inPiece === 0) this.pieces.push(new Float64Array(pieceLength))
    this.pieces.at(-1)![inPiece] = segment * 2 ** 32 + at
    this.count++
  }

  /** `seq`: of a record that is here. */
  placeOf(seq: number): Place {
    if (!(seq >= 1 && seq <= this.count)) throw new Error(`no record ${seq} among ${this.count}`)
    const value = this.pieces[Math.floor((seq - 1) / pieceLength)]![(seq - 1) % pieceLength]!
    return { segment: Math.floor(value / 2 ** 32), at: value % 2 ** 32 }
  }

  /** Forgets the records behind `seq`. */
  cutAfter(seq: number): void {
    this.count = Math.min(this.count, seq)
    this.pieces.length = Math.ceil(this.count / pieceLength)
  }
}
