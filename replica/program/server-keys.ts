/**
 * The keys of a server: what it wants to see of those who dial it, and what it proves itself with where it dials. Wrong
 * proofs are logged with the address they came from, and never with what was shown.
 */
import { ConcurError } from '../../protocol/errors.ts'
import { hmacKey } from '../../protocol/hmac-key.ts'
import type { KeyRing, KeyRole } from '../../protocol/key-ring.ts'
import { failedProofsMax, nonceBytes } from '../../protocol/limits.ts'
import type { Rights } from '../../protocol/messages.ts'
import type { AcceptorKeys, DialerKey, Key } from '../../protocol/proof.ts'
import type { Clock, Random } from '../../protocol/world.ts'
import { FailedProofs } from './failed-proofs.ts'
import type { Log } from './log.ts'

export interface ServerKeysOptions {
  readonly ring: KeyRing
  readonly random: Pick<Random, 'bytes'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'warn'>
}

export class ServerKeys implements AcceptorKeys {
  private readonly options: ServerKeysOptions
  private readonly keys: ReadonlyMap<KeyRole, Key>
  private readonly failures: FailedProofs

  constructor(options: ServerKeysOptions) {
    this.options = options
    this.keys = new Map([...options.ring].map(([role, secret]) => [role, hmacKey(secret)]))
    this.failures = new FailedProofs(options.clock)
  }

  keyOf(role: KeyRole): Key | null {
    return this.keys.get(role) ?? null
  }

  newNonce(): Buffer {
    return this.options.random.bytes(nonceBytes)
  }

  pauseMs(peerHost: string): number {
    return this.failures.pauseMs(peerHost)
  }

  /** What a node proves itself with to another. `onBehalfOf`: what the client may do for whom it dials. */
  nodeKey(onBehalfOf: Rights | null): DialerKey {
    const key = this.keys.get('node')
    if (key === undefined) throw new Error('a server that dials others has a node key')
    return { role: 'node', key, onBehalfOf, newNonce: () => this.newNonce() }
  }

  /** @throws ConcurError USAGE for `option` where there is no admin secret that allows it. */
  assertAdmin(option: string): void {
    if (!this.keys.has('admin'))
      throw new ConcurError('USAGE', `${option} wants an admin secret in the file of --token-file`)
  }

  /** Why a connection from there has ended. More failures than count are not logged one by one. */
  noteEnd(peerHost: string, { code, message }: ConcurError): void {
    if (code !== 'UNAUTHENTICATED') return
    const times = this.failures.note(peerHost)
    if (times > failedProofsMax) return
    const isLast = times === failedProofsMax
    this.options.log.warn(
      { client: peerHost, code, reason: message, ...(isLast ? { slowedDown: true } : {}) },
      'turned away',
    )
  }
}
