/** What `--json` prints of locks. Every key of a shape is always there. Clause: "JSON". */
import type { LeaseView, LockIs } from '../../protocol/lock-messages.ts'
import { isoTime } from './quantities.ts'

/** Of `lock`, `unlock` and `check`. */
export function lockDocument(path: string, { state, lease }: LockIs): Record<string, unknown> {
  const { holder = null, token = null, expiresInMs = null } = lease ?? {}
  return { ok: true, path, state, holder, token, expiresInMs }
}

/** A lock in `status`, and the `lock` of `stat`. */
export function leaseDocument(lease: LeaseView): Record<string, unknown> {
  const { path, holder, token, sinceMs, expiresInMs, from } = lease
  return { path, holder, token, since: isoTime(sinceMs), expiresInMs, from }
}
