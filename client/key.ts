/** The client's key, from its file. Of an admin secret and a client secret the admin's is taken: it may do more. */
import { ConcurError } from '../protocol/errors.ts'
import { hmacKey } from '../protocol/hmac-key.ts'
import { parseKeyRing } from '../protocol/key-ring.ts'
import { nonceBytes } from '../protocol/limits.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Random } from '../protocol/world.ts'
import { readPrivateFile } from './private-file.ts'

/** @throws ConcurError USAGE in one sentence that never shows what stands in the file. */
export function keyOf(file: string, random: Pick<Random, 'bytes'>): DialerKey {
  const where = `--token-file ${JSON.stringify(file)}`
  const ring = parseKeyRing(readPrivateFile(file, where), where)
  const role = ring.has('admin') ? 'admin' : 'client'
  const secret = ring.get(role)
  if (secret === undefined)
    throw new ConcurError('USAGE', `${where} has neither a client nor an admin secret`)
  return { role, key: hmacKey(secret), onBehalfOf: null, newNonce: () => random.bytes(nonceBytes) }
}
