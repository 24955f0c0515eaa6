/**
 * How a connection opens: HELLO on both sides, and where keys are in use a challenge and the proofs of both. Knows nothing of
 * streams. Clause: README.md "Sessions", "Keys".
 */
import { ByteWriter } from './bytes.ts'
import { ConcurError } from './errors.ts'
import type { Hello, Rights } from './messages.ts'
import { encodeBody, type Message } from './opcodes.ts'
import type { Outbox } from './outbox.ts'
import { type AcceptorKeys, AcceptorProof, type DialerKey, DialerProof } from './proof.ts'
import { rightsOf } from './rights.ts'
import type { SessionState, Side } from './session.ts'
import { chooseVersion, wireVersions } from './session.ts'
import type { Timers, Transport } from './world.ts'

/** What a side says of itself; the rest of its HELLO is said here. */
export type OwnHello = Omit<Hello, 'versionMin' | 'versionMax' | 'claim'>

export type GreetingMessage = Extract<Message, { opcode: 'HELLO' | 'CHALLENGE' | 'PROOF' }>

export interface GreetingOptions {
  readonly transport: Transport
  readonly side: Side
  readonly timers: Timers
  readonly outbox: Outbox
  readonly hello: OwnHello
  /** Dialer: what it proves itself with, and what the acceptor has to prove. */
  readonly key: DialerKey | null
  /** Acceptor: what a dialer has to prove. */
  readonly keys: AcceptorKeys | null
  readonly session: {
    state(): SessionState
    move(to: SessionState): void
    /** The peer is who it says. The acceptor may turn it away by that: it throws, or ends the session. */
    onPeer(peer: Hello, rights: Rights): void
  }
}

export class Greeting {
  private readonly options: GreetingOptions
  private readonly dialerProof: DialerProof | null
  private acceptorProof: AcceptorProof | null = null
  /** Acceptor: who has said HELLO, and has not proven himself yet. */
  private unproven: Hello | null = null
  /** Dialer: the body of our HELLO. */
  private said: Buffer | null = null

  constructor(options: GreetingOptions) {
    this.options = options
    this.dialerProof = options.key === null ? null : new DialerProof(options.key)
  }

  /** The dialer's first word. With a key it says nothing more before the acceptor has proven itself. */
  begin(): void {
    const { side, outbox } = this.options
    if (side === 'acceptor') return
    this.said = this.ownHello(wireVersions)
    outbox.sendEncoded(0, 'HELLO', this.said, true)
    if (this.dialerProof !== null) outbox.hold()
  }

  /** @param bytes the message's body. @throws ConcurError for a peer that is not taken. */
  hear(message: GreetingMessage, bytes: Buffer): void {
    switch (message.opcode) {
      case 'HELLO':
        if (this.options.side === 'dialer') return this.onAnswered(message.body, bytes)
        return this.onHello(message.body, bytes)
      case 'CHALLENGE':
        return this.onChallenge(message.body.nonce)
      case 'PROOF':
        return this.onProof(message.body.proof)
    }
  }

  private onChallenge(acceptorNonce: Buffer): void {
    if (this.dialerProof === null) throw new ConcurError('UNAUTHENTICATED', 'wants a key: give --token-file')
    const { transport, session, outbox } = this.options
    const { channel } = transport
    const proof = this.dialerProof.answer({ dialerHello: this.said!, acceptorNonce, channel })
    session.move('proven')
    outbox.sendAhead('PROOF', { proof })
  }

  private onProof(proof: Buffer): void {
    if (this.options.side === 'dialer') return this.dialerProof!.hear(proof)
    this.acceptorProof!.assertProven(proof)
    this.admit(this.unproven!)
  }

  /** Dialer: the acceptor takes us. */
  private onAnswered(peer: Hello, bytes: Buffer): void {
    const { session, outbox } = this.options
    chooseVersion(peer)
    this.dialerProof?.assertProven(bytes)
    session.move('open')
    if (this.dialerProof !== null) outbox.release()
    session.onPeer(peer, 'client')
  }

  private onHello(peer: Hello, bytes: Buffer): void {
    chooseVersion(peer)
    const { keys, transport, timers, session, outbox } = this.options
    if (keys === null) return this.admit(peer)
    const said = { dialerHello: Buffer.from(bytes), channel: transport.channel }
    const proof = new AcceptorProof(keys, peer, said)
    this.acceptorProof = proof
    this.unproven = peer
    session.move('awaiting-proof')
    const challenge = (): void => {
      if (session.state() === 'awaiting-proof')
        outbox.sendControl(0, 'CHALLENGE', { nonce: proof.nonce }, true)
    }
    const pauseMs = keys.pauseMs(transport.peerHost)
    if (pauseMs > 0) timers.after(pauseMs, challenge)
    else challenge()
  }

  /** A peer that is turned away gets a GOAWAY instead of our HELLO, which tells it that it is taken. */
  private admit(peer: Hello): void {
    const { session, outbox } = this.options
    const version = chooseVersion(peer)
    session.onPeer(peer, rightsOf(peer, this.acceptorProof === null))
    if (session.state() === 'ended') return
    session.move('open')
    const hello = this.ownHello({ min: version, max: version })
    if (this.acceptorProof !== null)
      outbox.sendControl(0, 'PROOF', { proof: this.acceptorProof.answer(hello) }, true)
    outbox.sendEncoded(0, 'HELLO', hello, true)
  }

  /** @returns the body of our HELLO for these versions. */
  private ownHello({ min, max }: { min: number; max: number }): Buffer {
    const claim = this.dialerProof?.claim ?? null
    const writer = new ByteWriter()
    encodeBody(writer, 'HELLO', { ...this.options.hello, versionMin: min, versionMax: max, claim })
    return writer.take()
  }
}
