/** The lines of locks for people. Pure. */
import type { LeaseView, LockIs } from '../../protocol/lock-messages.ts'
import { printable } from './printable.ts'
import { agoText, durationText } from './quantities.ts'

/** Under two minutes, seconds say more. */
const inSecondsMs = 120_000

/** What became of a `lock`. */
export function lockLine(path: string, { lease }: LockIs): string {
  return `lock ${printable(path)}  token ${lease!.token}  for ${leftText(lease!.expiresInMs)}`
}

/** What became of an `unlock`; a folder above may be locked still. */
export function unlockLine(path: string, state: LockIs, nowMs: number): string {
  return `unlock ${stateLine(path, state, nowMs)}`
}

/** What a `check` found. */
export function checkLine(path: string, state: LockIs, nowMs: number): string {
  return `check ${stateLine(path, state, nowMs)}`
}

/** A lock in the status. */
export function lockedLine({ path, holder, from, token, expiresInMs }: LeaseView): string {
  const who = `by ${printable(holder)} from ${printable(from)}`
  return `locked: ${printable(path)}  ${who}  token ${token}  ${leftText(expiresInMs)} left`
}

/** A lock as a line below a file's own. */
export function leaseLine(path: string, lease: LeaseView, nowMs: number): string {
  return `  locked ${leaseText(path, lease, nowMs)}`
}

function stateLine(path: string, { state, lease }: LockIs, nowMs: number): string {
  const said = lease === null ? '' : `  ${leaseText(path, lease, nowMs)}`
  return `${printable(path)}  ${state}${said}`
}

function leaseText(path: string, lease: LeaseView, nowMs: number): string {
  const { holder, sinceMs, from, token, expiresInMs } = lease
  const where = lease.path === path ? '' : ` with ${printable(lease.path)}`
  const who = `by ${printable(holder)}${where}  since ${agoText(sinceMs, nowMs)} from ${printable(from)}`
  return `${who}  token ${token}  ${leftText(expiresInMs)} left`
}

/** A second that has begun counts: of five minutes that were just granted five are left. */
function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return ms < inSecondsMs ? `${seconds} s` : durationText(seconds * 1_000)
}
