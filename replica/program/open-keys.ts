/** From the option to the keys of a server. */
import { ConcurError } from '../../protocol/errors.ts'
import { readKeyFile } from './key-file.ts'
import { ServerKeys, type ServerKeysOptions } from './server-keys.ts'

/**
 * @param file of `--token-file`; null: this server has no keys.
 * @param hasPeers whether there are other nodes.
 * @throws ConcurError USAGE in one sentence.
 */
export function openKeys(
  file: string | null,
  options: Omit<ServerKeysOptions, 'ring'>,
  hasPeers: boolean,
): ServerKeys | null {
  if (file === null) return null
  const ring = readKeyFile(file)
  if (hasPeers && !ring.has('node'))
    throw new ConcurError(
      'USAGE',
      `--token-file ${JSON.stringify(file)} needs a node secret: there are other nodes`,
    )
  return new ServerKeys({ ...options, ring })
}
