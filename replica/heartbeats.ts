/** Tells every coordinator on a link, each second, that this node is there and how it is. */
import type { Connection } from '../protocol/connection.ts'
import type { Heartbeat } from '../protocol/messages.ts'
import type { Cancel, Timers } from '../protocol/world.ts'
import type { Lookout } from './store/lookout/lookout.ts'
import type { Store } from './store/store.ts'

export class Heartbeats {
  private readonly timers: Timers
  private readonly everyMs: number
  private readonly store: Store
  private readonly lookout: Lookout
  private readonly links = new Set<Connection>()
  private callOff: Cancel = () => {}

  constructor(options: { timers: Timers; everyMs: number; store: Store; lookout: Lookout }) {
    this.timers = options.timers
    this.everyMs = options.everyMs
    this.store = options.store
    this.lookout = options.lookout
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
    this.callOff = this.timers.after(ms, () => {
      const heartbeat = this.heartbeat()
      for (const link of this.links) link.sendHeartbeat(heartbeat)
      if (this.links.size > 0) this.beatLater(this.everyMs)
    })
  }

  private heartbeat(): Heartbeat {
    const { journal, settler, fence, promised } = this.store
    return {
      epoch: promised?.number ?? null,
      journaledSeq: journal.durableSeq,
      settledSeq: settler.settledSeq,
      fingerprint: null,
      diskFreeBytes: this.store.diskFreeBytes(),
      fenced: fence.reason,
      marked: this.lookout.marked(),
      ...this.lookout.report(),
    }
  }
}
