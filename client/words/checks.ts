/** What `doctor` finds of a cluster, a check a line, and what to do where something is wrong. Pure. */
import type { Condition, Examined } from '../../protocol/examine-messages.ts'
import type { CoordinatorStatus, ReplicaStatus, Status } from '../../protocol/messages.ts'
import { certificateText, isToRenew } from './certificate-words.ts'
import { printable } from './printable.ts'
import { agoText, counted, durationText, sizeText } from './quantities.ts'

/** Milliseconds by which a clock may differ from the one here. */
const clockDifferenceMsMax = 2_000
const diskFreeBytesMin = 2 ** 30
/** A scan is made every hour at least. */
const scanAgeMsMax = 2 * 3_600_000
const deepAgeMsMax = 30 * 86_400_000

/** File systems that keep names, modes and what was flushed, and belong to one machine. */
const soundFileSystems: ReadonlySet<string> = new Set(['ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs'])

export interface Check {
  /** Whom or what it is about: a node's name, or an address. */
  readonly subject: string
  readonly check: string
  readonly isWell: boolean
  readonly says: string
  /** What to do; null: nothing. */
  readonly fix: string | null
}

/** What came of dialling an address from here. */
export interface Reached {
  readonly address: string
  readonly ms: number
  /** Why it could not be reached; null: it answers. */
  readonly reason: string | null
}

export interface Examination {
  readonly reached: readonly Reached[]
  readonly status: Status
  readonly nodes: Examined['nodes']
  /** When they were asked and had answered, by the clock here: milliseconds since 1970. */
  readonly askedMs: number
  readonly answeredMs: number
  /** Of this client. */
  readonly version: string
}

export function checksOf(examination: Examination): Check[] {
  const { reached, status, nodes } = examination
  const { coordinator, replicas } = status
  return [
    ...reached.map(reachedCheck),
    coordinatorCheck(coordinator),
    ...replicas.map(replicaCheck),
    ...[coordinator, ...replicas].flatMap(node => nodeChecks(node, examination)),
    ...nodes.flatMap(node => conditionChecks(node, examination)),
    ...oneDiskChecks(nodes),
    deepCheck(nodes, examination.answeredMs),
  ]
}

function well(subject: string, check: string, says: string): Check {
  return { subject, check, isWell: true, says, fix: null }
}

function bad(subject: string, check: string, { says, fix }: { says: string; fix: string }): Check {
  return { subject, check, isWell: false, says, fix }
}

function reachedCheck({ address, ms, reason }: Reached): Check {
  if (reason === null) return well(address, 'reachable', `answers within ${Math.max(1, Math.round(ms))} ms`)
  return bad(address, 'reachable', {
    says: printable(reason),
    fix: 'see that the server runs (systemctl status), listens beyond loopback, and that no firewall is in between',
  })
}

function coordinatorCheck({ name, state, reason }: CoordinatorStatus): Check {
  if (state === 'serving') return well(name, 'state', 'takes changes')
  const says = reason === null ? state : `${state}: ${printable(reason)}`
  const fix =
    state === 'down'
      ? 'start it, and see its log: journalctl -u concur-coordinator'
      : 'concur status names what to do'
  return bad(name, 'state', { says, fix })
}

function replicaCheck({ name, state, reason, lagOps, lagMs, fenced }: ReplicaStatus): Check {
  const behind = lagOps ?? 0
  if (state === 'up' && fenced === null && behind === 0) return well(name, 'state', 'in step')
  if (fenced !== null)
    return bad(name, 'state', {
      says: `takes no changes: ${printable(fenced)}`,
      fix: 'concur status names what to do',
    })
  const lag =
    behind === 0
      ? []
      : [`${counted(behind, 'operation')} behind${lagMs === null ? '' : `, for ${durationText(lagMs)}`}`]
  const says = [state, ...(reason === null ? [] : [printable(reason)]), ...lag].join(', ')
  const fix =
    state === 'down'
      ? 'start it, and see its log: journalctl -u concur-replica'
      : 'it catches up by itself: concur wait'
  return bad(name, 'state', { says, fix })
}

function nodeChecks(node: CoordinatorStatus | ReplicaStatus, { answeredMs }: Examination): Check[] {
  const { name, diskFreeBytes, unwatched, held, scanAgeMs } = node
  const checks: Check[] = []
  if (node.certificateEndsMs !== null)
    checks.push(
      isToRenew(node, answeredMs)
        ? bad(name, 'certificate', {
            says: certificateText(node, answeredMs),
            fix: 'concur-coordinator init --dir DIR, run again, renews all; then install them and restart',
          })
        : well(name, 'certificate', `good for ${durationText(node.certificateEndsMs - answeredMs)} more`),
    )
  if (diskFreeBytes !== null)
    checks.push(
      diskFreeBytes < diskFreeBytesMin
        ? bad(name, 'disk', {
            says: `only ${sizeText(diskFreeBytes)} free`,
            fix: 'make room; concur history --prune --older 7d lets go of what was replaced',
          })
        : well(name, 'disk', `${sizeText(diskFreeBytes)} free`),
    )
  if (scanAgeMs !== null)
    checks.push(
      unwatched === null
        ? well(name, 'watch', 'edits are noticed as they come')
        : bad(name, 'watch', {
            says: printable(unwatched),
            fix: 'sysctl fs.inotify.max_user_watches=1048576, and the same in /etc/sysctl.d to keep it',
          }),
    )
  if (held !== null)
    checks.push(
      bad(name, 'held', {
        says: printable(held),
        fix: 'put the files back, or start the server once with --recheck if it was meant',
      }),
    )
  if (scanAgeMs !== null)
    checks.push(
      scanAgeMs > scanAgeMsMax
        ? bad(name, 'scan', {
            says: `last looked through ${durationText(scanAgeMs)} ago`,
            fix: 'see its log for why: the server looks every hour',
          })
        : well(name, 'scan', `looked through ${durationText(scanAgeMs)} ago`),
    )
  return checks
}

function conditionChecks(
  { node, condition, reason }: Examined['nodes'][number],
  examination: Examination,
): Check[] {
  if (condition === null)
    return [
      bad(node, 'examined', {
        says: `could not be examined: ${printable(reason ?? 'nobody knows why')}`,
        fix: 'see that it runs, and that the coordinator reaches it',
      }),
    ]
  return [
    versionCheck(node, condition, examination.version),
    clockCheck(node, condition, examination),
    fileSystemCheck(node, condition),
    ...closedChecks(node, condition),
  ]
}

function versionCheck(node: string, { version }: Condition, here: string): Check {
  if (version === here) return well(node, 'version', printable(version))
  return bad(node, 'version', {
    says: `${printable(version)}, and this client is ${here}`,
    fix: 'scripts/install.sh upgrade where the older one is',
  })
}

/** It said its time somewhere between our question and its answer. */
function clockCheck(node: string, { nowMs }: Condition, { askedMs, answeredMs }: Examination): Check {
  const apartMs = Math.max(askedMs - nowMs, nowMs - answeredMs, 0)
  if (apartMs <= clockDifferenceMsMax)
    return well(node, 'clock', apartMs === 0 ? 'as here' : `${apartMs} ms from the one here, at least`)
  const way = nowMs < askedMs ? 'behind' : 'ahead of'
  return bad(node, 'clock', {
    says: `${durationText(apartMs)} ${way} the one here`,
    fix: 'timedatectl set-ntp true, on whichever is wrong: times of files and certificates depend on it',
  })
}

function fileSystemCheck(node: string, { fileSystem }: Condition): Check {
  const shown = printable(fileSystem)
  if (soundFileSystems.has(fileSystem)) return well(node, 'file system', shown)
  return bad(node, 'file system', {
    says: fileSystem === 'tmpfs' ? 'tmpfs: in memory, and gone with the machine' : shown,
    fix: "move the files to a file system of the machine's own, as ext4, xfs or btrfs",
  })
}

function closedChecks(node: string, { closed, closedFirst }: Condition): Check[] {
  if (closed === null) return []
  if (closed === 0) return [well(node, 'permissions', 'all files can be read and moved')]
  const first = closedFirst === null ? '' : `, ${printable(closedFirst)} among them`
  return [
    bad(node, 'permissions', {
      says: `${closed === 1 ? 'one file or folder' : `${closed} files and folders`} cannot be read or moved by the server${first}`,
      fix: 'chown or chmod them for the user that the server runs as',
    }),
  ]
}

function oneDiskChecks(nodes: Examined['nodes']): Check[] {
  const byDisk = new Map<string, string[]>()
  for (const { node, condition } of nodes)
    if (condition !== null) byDisk.set(condition.disk, [...(byDisk.get(condition.disk) ?? []), node])
  return [...byDisk.values()]
    .filter(together => together.length > 1)
    .map(together =>
      bad(together.join(' and '), 'one disk', {
        says: 'their files lie on one disk, which may take all of them with it',
        fix: 'give each node a disk of its own, best in a machine of its own',
      }),
    )
}

/** A coordinator that cannot be asked does not say when. */
function deepCheck([coordinator]: Examined['nodes'], nowMs: number): Check {
  const subject = 'all nodes'
  const check = 'deep verification'
  const fix = 'concur verify --deep reads every byte of every copy'
  const atMs = coordinator?.condition?.deepVerifiedMs ?? null
  if (atMs === null) return bad(subject, check, { says: 'never, as far as is known', fix })
  const says = agoText(atMs, nowMs)
  return nowMs - atMs > deepAgeMsMax ? bad(subject, check, { says, fix }) : well(subject, check, says)
}
