/** From certificates to what TLS stands on: version 1.3 and nothing else. Clause: README.md "TLS". */
import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

/** PEM texts. */
export interface TlsTexts {
  /** The authority that has signed the certificates of this cluster. */
  readonly ca: string
  /** What this side shows; null: a client that shows nothing. */
  readonly own: { readonly cert: string; readonly key: string } | null
}

/** @throws Error where the texts are none, or certificate and key do not belong together. */
export function tlsContext({ ca, own }: TlsTexts): SecureContext {
  return createSecureContext({
    ca,
    ...(own ?? {}),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // Nobody resumes a session here: tickets would be sent for nothing.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
}
