/** Why changes are not taken: for good, for now, or only those that need room on the coordinator's disk. */
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { Log } from '../../replica/program/log.ts'
import { noNeed } from '../../replica/store/room.ts'
import type { Store } from '../../replica/store/store.ts'
import type { CoordinatorConfig } from '../config.ts'
import type { Ledger } from '../ordering/ledger.ts'
import type { TermStart } from './term-start.ts'

export interface RefusalsOptions {
  readonly config: Pick<CoordinatorConfig, 'name'>
  readonly store: Pick<Store, 'fence' | 'settler' | 'room'>
  readonly ledger: Pick<Ledger, 'epoch'>
  readonly termStart: Pick<TermStart, 'hindrance'>
  readonly log: Log
}

export class Refusals {
  private readonly options: RefusalsOptions
  private stopped: ConcurError | null = null
  private loggedTrouble: ErrorCode | null = null

  constructor(options: RefusalsOptions) {
    this.options = options
  }

  /** Why none is taken now, or null. */
  ofAll(): ConcurError | null {
    const { store, config, ledger, termStart } = this.options
    if (this.stopped !== null) return this.stopped
    const { reason } = store.fence
    if (reason !== null) return new ConcurError('READ_ONLY', `the coordinator takes no changes: ${reason}`)
    if (ledger.epoch === null)
      return termStart.hindrance ?? new ConcurError('BUSY', 'the coordinator has not begun yet')
    const { trouble } = store.settler
    return trouble && new ConcurError(trouble.code, `${trouble.message} on ${config.name}`)
  }

  /** Why those that need room are not taken now, or null. */
  ofGrowth(): ConcurError | null {
    const { room } = this.options.store
    const short = room.refusal(noNeed, true)
    if (short === null || room.refusal(noNeed, false) !== null) return short
    return new ConcurError(short.code, `${short.message}, only deletes are taken`)
  }

  /** None is taken any more. */
  stop(error: ConcurError): void {
    if (this.stopped !== null) return
    const { config, log } = this.options
    const remedy =
      error.code === 'FENCED'
        ? `; this folder can serve as a replica: concur-replica --root DIR --name ${config.name}`
        : ''
    this.stopped = new ConcurError(error.code, `the coordinator takes no changes: ${error.message}${remedy}`)
    log.error({ code: error.code, reason: error.message }, 'refuses changes')
  }

  /** Nothing is settled for now. Of a trouble that comes again before anything was settled there is one line. */
  meet(error: ConcurError): void {
    if (error.code !== this.loggedTrouble) this.options.log.error({ err: error }, 'store')
    this.loggedTrouble = error.code
  }

  settled(): void {
    this.loggedTrouble = null
  }
}
