/**
 * The accept loop of a server: takes connections up to a cap, sorts them by their first byte, and turns away what
 * is too many with BUSY. Knows what a connection is, and nothing of what is asked on it.
 */
import { ConcurError } from '../../protocol/errors.ts'
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
    const isTooMany = this.open >= connectionsMax
    this.open++
    this.unsorted.add(transport)
    const onGone = (): void => {
      this.open--
      this.unsorted.delete(transport)
    }
    sortByFirstByte(transport, {
      timers,
      onGone,
      onBinary: binary => {
        this.unsorted.delete(transport)
        const busy = isTooMany ? new ConcurError('BUSY', this.busySentence) : null
        this.options.onBinary(binary, onGone, busy)
      },
      onText:
        onText === null
          ? null
          : text => {
              this.unsorted.delete(transport)
              const peer = new PlainTextPeer({ transport: text, timers, onGone })
              if (isTooMany) void peer.answerAll(`ERROR|${this.busySentence}`)
              else onText(peer)
            },
    })
  }

  private get busySentence(): string {
    return `${this.options.connectionsMax} connections are open already`
  }
}
