/** Where each record is: eight bytes of memory a record, in pieces, so that growing never copies what is there. */

const pieceLength = 4096

/** A place in the journal: which segment, counted from the first that was ever open, and where in it. */
export interface Place {
  readonly segment: number
  readonly at: number
}

export class Offsets {
  /** Those before `released` are empty. */
  private readonly pieces: (Float64Array | null)[] = []
  /** The record before the first that was ever here. */
  private origin = 0
  /** How many were ever here, those that were released included. */
  private count = 0
  private released = 0

  /** Seq of the last record. */
  get last(): number {
    return this.origin + this.count
  }

  /** Seq of the record before the first. */
  get before(): number {
    return this.origin + this.released
  }

  /** Forgets everything: the next record is the one behind `seq`. */
  beginAfter(seq: number): void {
    this.origin = seq
    this.count = 0
    this.released = 0
    this.pieces.length = 0
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
    if (!(seq > this.before && seq <= this.last)) throw new Error(`no record ${seq} up to ${this.last}`)
    const index = seq - this.origin - 1
    const value = this.pieces[Math.floor(index / pieceLength)]![index % pieceLength]!
    return { segment: Math.floor(value / 2 ** 32), at: value % 2 ** 32 }
  }

  /** Forgets the records behind `seq`, which is not before the first. */
  cutAfter(seq: number): void {
    this.count = Math.min(this.count, seq - this.origin)
    this.pieces.length = Math.ceil(this.count / pieceLength)
  }

  /** Forgets the records up to `seq`, which is one of them. */
  release(seq: number): void {
    const pieceBefore = Math.floor(this.released / pieceLength)
    this.released = seq - this.origin
    this.pieces.fill(null, pieceBefore, Math.floor(this.released / pieceLength))
  }
}
