/** Why a server cannot listen where it was told to, as the sentence of a refusal. */
import { addressText } from '../../protocol/addresses.ts'
import type { Address } from '../../protocol/world.ts'

const noSuchAddress = 'an address of this host'

const allowedInstead: Readonly<Record<string, string>> = {
  EACCES: 'on a port that this user may take, from 1024 on',
  EADDRINUSE: 'on a port that no other program has taken (port 0 takes a free one)',
  EADDRNOTAVAIL: noSuchAddress,
  EAFNOSUPPORT: noSuchAddress,
  EAI_AGAIN: noSuchAddress,
  EINVAL: noSuchAddress,
  ENOTFOUND: noSuchAddress,
}

/** @returns the sentence, or null when `error` has nothing to do with listening. */
export function listenRefusal(error: unknown, listen: Address): string | null {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== 'listen' && syscall !== 'bind' && syscall !== 'getaddrinfo') return null
  const allowed = allowedInstead[code ?? '']
  return allowed === undefined
    ? null
    : `--listen must be ${allowed}, not ${JSON.stringify(addressText(listen))}`
}
