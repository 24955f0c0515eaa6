/** When a node's certificate ends, as far as somebody has to do something about it. Pure. */
import { durationText } from './quantities.ts'

/** Milliseconds before its end in which a certificate is to be renewed. */
const renewWithinMs = 30 * 86_400_000

interface Certified {
  readonly certificateEndsMs: number | null
}

/** @param nowMs milliseconds since 1970. */
export function isToRenew({ certificateEndsMs }: Certified, nowMs: number): boolean {
  return certificateEndsMs !== null && certificateEndsMs - nowMs < renewWithinMs
}

/** @returns '' while nothing is to be done. */
export function certificateText(certified: Certified, nowMs: number): string {
  const { certificateEndsMs } = certified
  if (certificateEndsMs === null || !isToRenew(certified, nowMs)) return ''
  const leftMs = certificateEndsMs - nowMs
  return leftMs > 0
    ? `certificate ends in ${durationText(leftMs)}`
    : `certificate has ended ${durationText(-leftMs)} ago`
}
