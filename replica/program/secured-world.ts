/** The network of a server that speaks TLS: what it dials and what it takes. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import { ConcurError } from '../../protocol/errors.ts'
import { TlsNetwork } from '../../protocol/tls.ts'
import { type TlsTexts, tlsContext } from '../../protocol/tls-context.ts'
import { readPrivateFile } from './key-file.ts'
import type { TlsFiles } from './server-options.ts'
import type { World } from './world.ts'

export interface SecuredWorld extends World {
  /** When the own certificate ends, milliseconds since 1970; null: no TLS is spoken. */
  readonly certificateEndsMs: number | null
}

/** @param files null: no TLS. @throws ConcurError USAGE in one sentence. */
export function securedWorld(world: World, files: TlsFiles | null): SecuredWorld {
  if (files === null) return { ...world, certificateEndsMs: null }
  const { timers } = world
  const texts = textsOf(files)
  const network = new TlsNetwork({ timers, context: contextOf(texts) })
  const certificateEndsMs = Date.parse(new X509Certificate(texts.own.cert).validTo)
  return { ...world, dialer: network, listener: network, certificateEndsMs }
}

function textsOf({ cert, key, ca }: TlsFiles) {
  return {
    ca: readText('--tls-ca', ca),
    own: {
      cert: readText('--tls-cert', cert),
      key: readPrivateFile(key, `--tls-key ${JSON.stringify(key)}`),
    },
  }
}

function contextOf(texts: TlsTexts): SecureContext {
  try {
    return tlsContext(texts)
  } catch (error) {
    const { message } = error as Error
    throw new ConcurError('USAGE', `--tls-cert, --tls-key and --tls-ca do not go together: ${message}`)
  }
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { message } = error as Error
    throw new ConcurError('USAGE', `${option} ${JSON.stringify(file)} cannot be read: ${message}`)
  }
}
