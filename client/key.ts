/** The client's key, from its file. Of an admin secret and a client secret the admin's is taken: it may do more. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { ConcurError } from '../protocol/errors.ts'
import { hmacKey } from '../protocol/hmac-key.ts'
import { parseKeyRing } from '../protocol/key-ring.ts'
import { nonceBytes } from '../protocol/limits.ts'
import { assertPrivate } from '../protocol/private-file.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Random } from '../protocol/world.ts'
import { systemReason } from './words/system-reason.ts'

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

function readPrivateFile(file: string, where: string): string {
  let fd: number | null = null
  try {
    // A FIFO in its place would be waited for.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    assertPrivate({ isFile: stat.isFile(), mode: stat.mode, uid: stat.uid }, process.getuid!(), where)
    return readFileSync(fd, 'utf8')
  } catch (error) {
    if (error instanceof ConcurError) throw error
    throw new ConcurError('USAGE', `${where} cannot be read: ${systemReason(error)}`)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}
