/**
 * What comes from outside the program: time, chance and the network, as interfaces. Every class gets them through
 * its constructor, so that a whole cluster of production code can run in one process on a world of a test's making.
 */

export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  nowMs(): number
  /** Milliseconds since some moment; never goes back. */
  monotonicMs(): number
}

/** Calls off what was to happen; harmless once it has happened. */
export type Cancel = () => void

export interface Timers {
  after(ms: number, act: () => void): Cancel
  /** Runs `act` when everything that this turn of the event loop has brought in was worked on. */
  endOfTurn(act: () => void): void
}

export interface Random {
  bytes(count: number): Buffer
  /** 0 ≤ fraction < 1. */
  fraction(): number
}

/** Where to dial or listen. `port` 0 takes a free one when listening. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface TransportEvents {
  /** Bytes that arrived. They are valid during the call only. */
  onBytes(bytes: Buffer): void
  /** The peer will send no more; what is written still reaches it. */
  onEnd(): void
  /** Nothing arrives or leaves any more. `error` is null after an orderly end. Comes once, last. */
  onClosed(error: Error | null): void
}

/** What a secured connection is known by. */
export interface Channel {
  /** 32 bytes that both ends know, and nobody on any other connection. */
  readonly binding: Buffer
  /** The names in the certificate that the peer showed and that was verified; null: it showed none. */
  readonly peerNames: readonly string[] | null
}

/** A reliable stream of bytes to one peer. */
export interface Transport {
  readonly peerHost: string
  /** Null on a plain connection; known from the first byte on. */
  readonly channel: Channel | null
  /** Starts delivery. Called once, in the turn in which the transport was got. */
  start(events: TransportEvents): void
  /** Sends the buffers in order in one call to the system; they belong to the transport until `onFlushed`. */
  write(buffers: readonly Buffer[], onFlushed: () => void): void
  /** Stops and resumes delivery, so that the peer feels it. */
  pause(): void
  resume(): void
  /** Ends in order: what was written is delivered first. */
  end(): void
  /** Ends at once. */
  destroy(): void
}

export interface Dialer {
  /**
   * @param name whom the peer's certificate has to name, where there is one; the address's host unless stated.
   * @throws Error with the reason when no connection is made within `withinMs`.
   */
  dial(address: Address, withinMs: number, name?: string | null): Promise<Transport>
}

export interface Listening {
  readonly address: Address
  /** Takes no more connections; those that exist go on. */
  close(): Promise<void>
}

export interface Listener {
  /** @throws Error with the system's reason, a taken port for example. */
  listen(address: Address, onTransport: (transport: Transport) => void): Promise<Listening>
}
