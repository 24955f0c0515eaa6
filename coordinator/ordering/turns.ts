/**
 * Whose turn it is: changes of one path come one after the other, in the order in which they came; changes of paths that
 * have nothing to do with each other do not wait. A path has to do with itself, with what is above it and with what is
 * below it: a change of a folder waits for all changes in it, and they for it.
 */
import { foldersAbove } from '../../protocol/path.ts'

/** Called when the change is over. */
export type EndTurn = () => void

interface Ticket {
  readonly paths: readonly string[]
  /** Tickets before it that have to end first. */
  blockers: number
  readonly waiters: Ticket[]
  readonly grant: () => void
}

interface Place {
  /** Tickets of this very path. */
  readonly here: Set<Ticket>
  /** Tickets of paths below. */
  readonly below: Set<Ticket>
}

export class Turns {
  private readonly places = new Map<string, Place>()

  /** Settles when all earlier changes of these paths are over. */
  take(paths: readonly string[]): Promise<EndTurn> {
    return new Promise(resolve => {
      const ticket: Ticket = { paths, blockers: 0, waiters: [], grant: () => resolve(() => this.end(ticket)) }
      for (const other of this.inTheWay(paths)) {
        other.waiters.push(ticket)
        ticket.blockers++
      }
      this.enter(ticket)
      if (ticket.blockers === 0) ticket.grant()
    })
  }

  private inTheWay(paths: readonly string[]): Set<Ticket> {
    const found = new Set<Ticket>()
    for (const path of paths) {
      const place = this.places.get(path)
      for (const ticket of place?.here ?? []) found.add(ticket)
      for (const ticket of place?.below ?? []) found.add(ticket)
      for (const folder of foldersAbove(path))
        for (const ticket of this.places.get(folder)?.here ?? []) found.add(ticket)
    }
    return found
  }

  private enter(ticket: Ticket): void {
    for (const path of ticket.paths) {
      this.placeOf(path).here.add(ticket)
      for (const folder of foldersAbove(path)) this.placeOf(folder).below.add(ticket)
    }
  }

  private end(ticket: Ticket): void {
    for (const path of ticket.paths) {
      this.leave(path, ticket)
      for (const folder of foldersAbove(path)) this.leave(folder, ticket)
    }
    for (const waiter of ticket.waiters.splice(0)) if (--waiter.blockers === 0) waiter.grant()
  }

  private placeOf(path: string): Place {
    let place = this.places.get(path)
    if (place === undefined) {
      place = { here: new Set(), below: new Set() }
      this.places.set(path, place)
    }
    return place
  }

  private leave(path: string, ticket: Ticket): void {
    const place = this.places.get(path)
    if (place === undefined) return
    place.here.delete(ticket)
    place.below.delete(ticket)
    if (place.here.size === 0 && place.below.size === 0) this.places.delete(path)
  }
}
