/** TLS to the servers, from the client's files. */
import { ConcurError } from '../protocol/errors.ts'
import { TlsNetwork } from '../protocol/tls.ts'
import { tlsContext } from '../protocol/tls-context.ts'
import type { Dialer, Timers } from '../protocol/world.ts'
import { readOpenFile, readPrivateFile } from './private-file.ts'

export interface TlsFiles {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
}

/** @throws ConcurError USAGE in one sentence. */
export function tlsDialer({ ca, cert, key }: TlsFiles, timers: Timers): Dialer {
  if (ca === null) throw new ConcurError('USAGE', '--tls-cert and --tls-key go with --tls-ca')
  if ((cert === null) !== (key === null))
    throw new ConcurError('USAGE', '--tls-cert and --tls-key are given together, or neither')
  const where = (option: string, file: string): string => `--${option} ${JSON.stringify(file)}`
  const own =
    cert === null || key === null
      ? null
      : {
          cert: readOpenFile(cert, where('tls-cert', cert)),
          key: readPrivateFile(key, where('tls-key', key)),
        }
  const texts = { ca: readOpenFile(ca, where('tls-ca', ca)), own }
  try {
    return new TlsNetwork({ timers, context: tlsContext(texts) })
  } catch (error) {
    throw new ConcurError('USAGE', `the files of --tls-ca … do not go together: ${(error as Error).message}`)
  }
}
