/** Tells every coordinator on a link, each second, that this node is there and how it is. */
import type { Connection } from '../protocol/connection.ts'
import type { Heartbeat } from '../protocol/messages.ts'
import type { Cancel, Timers } from '../protocol/world.ts'
import type { Lookout } from './store/lookout/lookout.ts'
import type { Store } from './store/store.ts'

export interface HeartbeatsOptions {
  readonly timers: Timers
  readonly everyMs: number
  readonly store: Store
  readonly lookout: Lookout
  readonly certificateEndsMs: number | null
}

export class Heartbeats {
  private readonly options: HeartbeatsOptions
  private readonly links = new Set<Connection>()
  private callOff: Cancel = () => {}

  constructor(options: HeartbeatsOptions) {
    this.options = options
  }

  /** A link that is just being opened hears its first heartbeat behind the HELLO. */
  startFor(link: Connection): void {
    this.links.add(link)
    this.callOff()
    this.beatLater(0)
  }

  stopFor(link: Connection): void {
    this.links.delete(link)
    if (this.links.size === 0) this.callOff()
  }

  close(): void {
    this.links.clear()
    this.callOff()
  }

  private beatLater(ms: number): void {
    this.callOff = this.options.timers.after(ms, () => {
      const heartbeat = this.heartbeat()
      for (const link of this.links) link.sendHeartbeat(heartbeat)
      if (this.links.size > 0) this.beatLater(this.options.everyMs)
    })
  }

  private heartbeat(): Heartbeat {
    const { store, lookout, certificateEndsMs } = this.options
    const { journal, settler, fence, promised } = store
    return {
      epoch: promised?.number ?? null,
      journaledSeq: journal.durableSeq,
      settledSeq: settler.settledSeq,
      fingerprint: null,
      diskFreeBytes: store.diskFreeBytes(),
      fenced: fence.reason,
      marked: lookout.marked(),
      ...lookout.report(),
      certificateEndsMs,
    }
  }
}
