/** The ids that are made by chance: 128 bits as 32 lower-case hex digits. */
import type { Random } from './world.ts'

export function randomId(random: Pick<Random, 'bytes'>): string {
  return random.bytes(16).toString('hex')
}
