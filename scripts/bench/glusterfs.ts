/**
 * GlusterFS, as Debian installs it, with two copies on this machine: whatever is flushed through its mount is flushed in
 * both. Its programs run in namespaces of their own, where they end with the first of them (mount-glusterfs).
 */
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { awaitLine, type Children } from './children.ts'
import { isInstalled } from './web-server.ts'

const startWithinMs = 60_000
const namespaces = ['--mount', '--mount-proc', '--pid', '--fork', '--kill-child', '--net']

/** Where it is mounted, or in words why it is not. */
export type GlusterFs = { readonly folder: string } | { readonly missing: string }

/** Serves until the row ends. `folder`: of its own, not there yet. */
export async function startGlusterFs(children: Children, folder: string): Promise<GlusterFs> {
  const missing = reasonAgainst({
    isInstalled: isInstalled('glusterd'),
    isRoot: process.getuid?.() === 0,
    hasFuse: existsSync('/dev/fuse'),
  })
  if (missing !== null) return { missing }
  mkdirSync(folder, { recursive: true })
  const place = realpathSync(folder)
  const args = [...namespaces, join(import.meta.dirname, 'mount-glusterfs'), place]
  const child = children.spawn('unshare', args, { stdio: ['pipe', 'ignore', 'pipe'] })
  try {
    await awaitLine(child, startWithinMs, line => (line === 'mounted' ? line : null))
  } catch (error) {
    return { missing: `does not start here: ${lastLineOf((error as Error).message)}` }
  }
  // Seen from outside of its namespace.
  return { folder: join(`/proc/${child.pid}/root`, place, 'mounted') }
}

export interface Found {
  readonly isInstalled: boolean
  readonly isRoot: boolean
  readonly hasFuse: boolean
}

/** @returns why it cannot be measured here, or null. */
export function reasonAgainst({ isInstalled, isRoot, hasFuse }: Found): string | null {
  // Who is not root does not find it either: it lies where only root looks for programs.
  if (!isRoot) return 'only root can mount it (Debian package glusterfs-server)'
  if (!isInstalled) return 'not installed (Debian package glusterfs-server)'
  if (!hasFuse) return 'this machine has no /dev/fuse'
  return null
}

export function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1)!
}
