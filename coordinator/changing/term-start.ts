/**
 * Writes the record with which the coordinator's term begins. On a full disk it is taken back: it is written again, as the
 * same term, for nodes may have heard of it.
 */
import type { ConcurError } from '../../protocol/errors.ts'
import type { NodeId, NodeName } from '../../protocol/ids.ts'
import type { Epoch } from '../../protocol/record.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { Ledger } from '../ordering/ledger.ts'

const againAfterMs = 1_000

export interface TermStartOptions {
  readonly ledger: Pick<Ledger, 'begin'>
  readonly timers: Timers
  /** Every configured node, this one first. */
  readonly members: () => readonly { name: NodeName; nodeId: NodeId | null }[]
}

export class TermStart {
  /** Why the term has not begun, though it was tried. */
  hindrance: ConcurError | null = null
  private readonly options: TermStartOptions
  private epoch: Epoch | null = null
  private callOff: Cancel = () => {}

  constructor(options: TermStartOptions) {
    this.options = options
  }

  begin(epoch: Epoch): void {
    const { ledger, members } = this.options
    this.epoch = epoch
    ledger.begin(epoch, members())
  }

  /** The record is not there, as is said of each that was to follow it too. @returns whether it is tried again. */
  takenBack(error: ConcurError): boolean {
    const { epoch } = this
    if (error.code !== 'NO_SPACE' || epoch === null) return false
    this.hindrance = error
    this.callOff()
    this.callOff = this.options.timers.after(againAfterMs, () => this.begin(epoch))
    return true
  }

  close(): void {
    this.callOff()
  }
}
