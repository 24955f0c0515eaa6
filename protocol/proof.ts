/**
 * How two sides prove to each other that they hold the same key, without saying it: each puts its name to all that both
 * have said, and to the channel on which they said it. The arithmetic comes from outside (hmac-key.ts), so that who has
 * no key loads none of it. Clause: README.md "Keys".
 */
import { ByteWriter } from './bytes.ts'
import { ConcurError } from './errors.ts'
import type { KeyRole } from './key-ring.ts'
import type { Claim, Hello, Rights } from './messages.ts'
import type { Side } from './session.ts'
import type { Channel } from './world.ts'

/** A secret, as far as this room needs to know it. */
export interface Key {
  /** @returns 32 bytes that only who holds the secret can make of `statement`. */
  mac(statement: Uint8Array): Buffer
  /** Takes as long for a wrong `mac` as for the right one. */
  isMac(statement: Uint8Array, mac: Uint8Array): boolean
}

/** What a dialer proves itself with. */
export interface DialerKey {
  readonly role: KeyRole
  readonly key: Key
  /** Of a relay: what its client may do. */
  readonly onBehalfOf: Rights | null
  /** @returns 32 bytes that were never used before. */
  newNonce(): Buffer
}

/** What an acceptor wants to see. */
export interface AcceptorKeys {
  keyOf(role: KeyRole): Key | null
  /** @returns 32 bytes that were never used before. */
  newNonce(): Buffer
  /** Milliseconds for which whoever dials from there waits for his challenge. */
  pauseMs(peerHost: string): number
}

/** What has been said until a side proves itself. */
interface Said {
  /** The bodies of both HELLOs as they are sent; the acceptor's is still to come when the dialer proves itself. */
  readonly dialerHello: Uint8Array
  readonly acceptorHello: Uint8Array | null
  readonly acceptorNonce: Uint8Array
  readonly channel: Channel | null
}

/** The bytes that a side's proof is made of. Each side has its own, so that neither proof can be sent back. */
export function proofStatement(side: Side, said: Said): Buffer {
  const writer = new ByteWriter()
  writer.text('concur-proof-1')
  writer.text(side)
  writer.bytes(said.acceptorNonce)
  for (const part of [said.dialerHello, said.acceptorHello, said.channel?.binding]) {
    writer.u32(part?.length ?? 0)
    if (part) writer.bytes(part)
  }
  return writer.take()
}

/** The dialer's part, for one connection. It proves itself first: a stranger learns nothing from an acceptor. */
export class DialerProof {
  readonly claim: Claim
  private readonly key: Key
  private said: Omit<Said, 'acceptorHello'> | null = null
  private heard: Uint8Array | null = null

  constructor({ role, key, onBehalfOf, newNonce }: DialerKey) {
    this.key = key
    this.claim = { key: role, rights: onBehalfOf, nonce: newNonce() }
  }

  /** @returns our proof. */
  answer(said: Omit<Said, 'acceptorHello'>): Buffer {
    this.said = said
    return this.key.mac(proofStatement('dialer', { ...said, acceptorHello: null }))
  }

  /** The acceptor's proof: its HELLO, which comes next, is part of what it is made of. */
  hear(proof: Uint8Array): void {
    this.heard = proof
  }

  /** @throws ConcurError UNAUTHENTICATED when the acceptor has not proven that it holds the key. */
  assertProven(acceptorHello: Uint8Array): void {
    if (this.said === null)
      throw new ConcurError('UNAUTHENTICATED', 'asks for no key: it was started without --token-file')
    const statement = proofStatement('acceptor', { ...this.said, acceptorHello })
    if (this.heard === null || !this.key.isMac(statement, this.heard))
      throw new ConcurError('UNAUTHENTICATED', 'has not proven that it holds the key')
  }
}

const keysOf: Record<Hello['role'], readonly KeyRole[]> = {
  client: ['client', 'admin'],
  coordinator: ['node'],
  replica: ['node'],
  relay: ['node'],
}

/** The acceptor's part, for one connection. */
export class AcceptorProof {
  /** What the dialer has to prove itself for. */
  readonly nonce: Buffer
  private readonly key: Key
  private readonly said: Omit<Said, 'acceptorHello'>

  /** @throws ConcurError UNAUTHENTICATED when the dialer claims no key, or none that may open the session of its role. */
  constructor(keys: AcceptorKeys, { claim, role }: Hello, said: Pick<Said, 'dialerHello' | 'channel'>) {
    if (claim === null) throw new ConcurError('UNAUTHENTICATED', 'this server wants a key: give --token-file')
    if (!keysOf[role].includes(claim.key))
      throw new ConcurError('UNAUTHENTICATED', `a ${role} does not prove itself with the ${claim.key} key`)
    const key = keys.keyOf(claim.key)
    if (key === null) throw new ConcurError('UNAUTHENTICATED', `this server has no ${claim.key} key`)
    this.key = key
    this.nonce = keys.newNonce()
    this.said = { ...said, acceptorNonce: this.nonce }
  }

  /** @throws ConcurError UNAUTHENTICATED for a proof that is none. */
  assertProven(proof: Uint8Array): void {
    if (!this.key.isMac(proofStatement('dialer', { ...this.said, acceptorHello: null }), proof))
      throw new ConcurError('UNAUTHENTICATED', 'the key is not the one of this server')
  }

  /** @returns our proof. */
  answer(acceptorHello: Uint8Array): Buffer {
    return this.key.mac(proofStatement('acceptor', { ...this.said, acceptorHello }))
  }
}
