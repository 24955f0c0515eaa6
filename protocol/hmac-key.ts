/** A secret as a key: HMAC-SHA256, compared in constant time. Clause: README.md "Keys". */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Key } from './proof.ts'

export function hmacKey(secret: string): Key {
  const mac = (statement: Uint8Array): Buffer => createHmac('sha256', secret).update(statement).digest()
  return {
    mac,
    isMac(statement, given) {
      const right = mac(statement)
      return given.length === right.length && timingSafeEqual(right, given)
    },
  }
}
