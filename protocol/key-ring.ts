/**
 * The secrets of a cluster, by what they are for, and the text of the file that holds them: a line `ROLE SECRET` for
 * each. Pure; who reads the file sees to it that nobody else can. Clause: README.md "Keys".
 */
import { ConcurError } from './errors.ts'

export const keyRoles = ['client', 'node', 'admin'] as const
/** client: reads and changes. node: coordinator and replicas among themselves. admin: a client's, and what wants more. */
export type KeyRole = (typeof keyRoles)[number]

/** The secrets that are there. */
export type KeyRing = ReadonlyMap<KeyRole, string>

/** Characters of a secret: none is guessed, and a line of a file holds it. */
const secretLengthMin = 32
const secretLengthMax = 256

/**
 * @param from what the text is of, for the sentence: never the text itself.
 * @throws ConcurError USAGE for a line that is none, a role that stands twice, and a text without any.
 */
export function parseKeyRing(text: string, from: string): KeyRing {
  const ring = new Map<KeyRole, string>()
  text.split('\n').forEach((line, place) => {
    const words = line.split(/[ \t\r]+/).filter(word => word !== '')
    if (words.length === 0 || words[0]!.startsWith('#')) return
    const [role, secret, ...rest] = words
    const where = `${from}, line ${place + 1}`
    if (!isKeyRole(role!) || secret === undefined || rest.length > 0)
      throw new ConcurError('USAGE', `${where} must be ROLE SECRET, with ${keyRoles.join(', ')} as ROLE`)
    if (ring.has(role)) throw new ConcurError('USAGE', `${where}: there is a ${role} secret above already`)
    if (!isSecret(secret)) {
      const allowed = `${secretLengthMin} to ${secretLengthMax} visible ASCII characters`
      throw new ConcurError('USAGE', `${where}: the ${role} secret must be ${allowed}`)
    }
    ring.set(role, secret)
  })
  if (ring.size === 0) throw new ConcurError('USAGE', `${from} has no secret: its lines must be ROLE SECRET`)
  return ring
}

function isKeyRole(word: string): word is KeyRole {
  return (keyRoles as readonly string[]).includes(word)
}

function isSecret(word: string): boolean {
  return word.length >= secretLengthMin && word.length <= secretLengthMax && /^[\x21-\x7e]+$/.test(word)
}
