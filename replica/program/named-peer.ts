/** Whether a node that dials is the one that its certificate names. */
import { ConcurError } from '../../protocol/errors.ts'
import type { Hello } from '../../protocol/messages.ts'
import type { Channel } from '../../protocol/world.ts'

/**
 * Clients may come without a certificate: their key says what they may do.
 * @throws ConcurError UNAUTHENTICATED for a node that shows no certificate, or another node's.
 */
export function assertNamed(channel: Channel | null, { role, name }: Pick<Hello, 'role' | 'name'>): void {
  if (channel === null || role === 'client') return
  if (channel.peerNames === null)
    throw new ConcurError('UNAUTHENTICATED', `a ${role} shows a certificate: give --tls-cert and --tls-key`)
  if (name === null || !channel.peerNames.includes(name))
    throw new ConcurError('UNAUTHENTICATED', `its certificate does not name ${name ?? 'it'}`)
}
