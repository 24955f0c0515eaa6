/** The network of a server that speaks TLS: what it dials and what it takes. */
import { readFileSync } from 'node:fs'
import { ConcurError } from '../../protocol/errors.ts'
import { TlsNetwork } from '../../protocol/tls.ts'
import { tlsContext } from '../../protocol/tls-context.ts'
import { readPrivateFile } from './key-file.ts'
import type { TlsFiles } from './server-options.ts'
import type { World } from './world.ts'

/** @param files null: no TLS. @throws ConcurError USAGE in one sentence. */
export function securedWorld(world: World, files: TlsFiles | null): World {
  if (files === null) return world
  const { timers } = world
  const network = new TlsNetwork({ timers, context: contextOf(files) })
  return { ...world, dialer: network, listener: network }
}

function contextOf({ cert, key, ca }: TlsFiles) {
  const texts = {
    ca: readText('--tls-ca', ca),
    own: {
      cert: readText('--tls-cert', cert),
      key: readPrivateFile(key, `--tls-key ${JSON.stringify(key)}`),
    },
  }
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
