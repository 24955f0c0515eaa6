/**
 * The accept loop of a server: takes connections up to a cap, sorts them by their first byte, and turns away what
 * is too many with BUSY. Knows what a connection is, and nothing of what is asked on it.
 */
import { ConcurError } from '../../protocol/errors.ts'
import { connectionsPerAddressPercentMax } from '../../protocol/limits.ts'
import type { Address, Listener, Listening, Timers, Transport } from '../../protocol/world.ts'
import { sortByFirstByte } from './first-byte.ts'
import { PlainTextPeer } from './plain-text-peer.ts'

/** Connections beyond the cap that may still say who they are; the rest are dropped at once. */
const heardBeyondMax = 256

export interface AcceptorOptions {
  readonly listener: Listener
  readonly timers: Timers
  readonly connectionsMax: number
  /**
   * A binary connection; `onGone` must be called when it is closed. `busy`: it is one too many, and whoever is no node
   * is to be turned away with this: links between nodes have reserved capacity.
   */
  onBinary(transport: Transport, onGone: () => void, busy: ConcurError | null): void
  /** A plain-text connection; null: plain text is not spoken here. */
  readonly onText: ((peer: PlainTextPeer) => void) | null
}

export class Acceptor {
  private readonly options: AcceptorOptions
  private listening: Listening | null = null
  private open = 0
  /** Connections that are open, by address. */
  private readonly openFrom = new Map<string, number>()
  /** Connections that have not said what they are. */
  private readonly unsorted = new Set<Transport>()

  constructor(options: AcceptorOptions) {
    this.options = options
  }

  /** @throws Error with the system's reason. */
  async listen(address: Address): Promise<Address> {
    this.listening = await this.options.listener.listen(address, transport => this.accept(transport))
    return this.listening.address
  }

  /** Takes no more connections, and lets go of those that nobody has taken. */
  async close(): Promise<void> {
    await this.listening?.close()
    for (const transport of this.unsorted) transport.destroy()
  }

  private accept(transport: Transport): void {
    const { connectionsMax, timers, onText } = this.options
    if (this.open >= connectionsMax + heardBeyondMax) return transport.destroy()
    const { peerHost } = transport
    const fromThere = this.openFrom.get(peerHost) ?? 0
    const tooMany = this.whyTooMany(fromThere)
    this.open++
    this.openFrom.set(peerHost, fromThere + 1)
    this.unsorted.add(transport)
    const onGone = (): void => {
      this.open--
      this.leaveFrom(peerHost)
      this.unsorted.delete(transport)
    }
    sortByFirstByte(transport, {
      timers,
      onGone,
      onBinary: binary => {
        this.unsorted.delete(transport)
        const busy = tooMany === null ? null : new ConcurError('BUSY', tooMany)
        this.options.onBinary(binary, onGone, busy)
      },
      onText:
        onText === null
          ? null
          : text => {
              this.unsorted.delete(transport)
              const peer = new PlainTextPeer({ transport: text, timers, onGone })
              if (tooMany !== null) void peer.answerAll(`ERROR|${tooMany}`)
              else onText(peer)
            },
    })
  }

  /** @returns null while there is room for one more from there, else one sentence. */
  private whyTooMany(fromThere: number): string | null {
    const { connectionsMax } = this.options
    if (this.open >= connectionsMax) return `${connectionsMax} connections are open already`
    const perAddressMax = Math.ceil((connectionsMax * connectionsPerAddressPercentMax) / 100)
    return fromThere >= perAddressMax ? `${perAddressMax} connections from there are open already` : null
  }

  private leaveFrom(peerHost: string): void {
    const rest = this.openFrom.get(peerHost)! - 1
    if (rest === 0) this.openFrom.delete(peerHost)
    else this.openFrom.set(peerHost, rest)
  }
}
