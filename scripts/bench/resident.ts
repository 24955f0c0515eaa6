/** Resident memory of a process, as the system counts it: everything, shared pages included. */
import { readFileSync, writeFileSync } from 'node:fs'

const kiBPerMiB = 1024

/** @returns MiB now, and at the most since the process began or `forgetPeak`; null when it is gone. */
export function residentMiB(pid: number): { now: number; peak: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) / kiBPerMiB
    return { now: field('VmRSS'), peak: field('VmHWM') }
  } catch {
    return null
  }
}

/** The peak counts from now on. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Looks at a process that will end, so often that its peak is seen. @returns a function that gives the peak and ends it. */
export function watchPeak(pid: number): () => number {
  let peak = 0
  const look = (): void => {
    peak = Math.max(peak, residentMiB(pid)?.peak ?? 0)
  }
  const timer = setInterval(look, 5)
  return () => {
    clearInterval(timer)
    return peak
  }
}
