/** What a node says of its own condition when it is asked for it. Clause: protocol/README.md "EXAMINE". */
import { createHash } from 'node:crypto'
import type { Condition } from '../../protocol/examine-messages.ts'
import type { Clock } from '../../protocol/world.ts'
import type { Lookout } from './lookout/lookout.ts'
import type { Store } from './store.ts'

/** Kinds of file systems by the number that statfs(2) gives. */
const fileSystems: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb3'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x65735546, 'fuse'],
  [0x4d44, 'vfat'],
  [0x2011bab0, 'exfat'],
  [0x7366746e, 'ntfs'],
])

export interface Examined {
  readonly store: Store
  readonly lookout: Lookout
  readonly clock: Clock
  /** Of the program. */
  readonly version: string
}

/** @throws DiskError. */
export function conditionOf({ store, lookout, clock, version }: Examined): Condition {
  const { fileSystem, device, bootId } = store.place()
  const closed = lookout.closed()
  return {
    version,
    nowMs: clock.nowMs(),
    fileSystem: fileSystems.get(fileSystem) ?? `0x${fileSystem.toString(16)}`,
    disk: createHash('sha256').update(`${bootId} ${device}`).digest('hex').slice(0, 32),
    closed: closed?.count ?? null,
    closedFirst: closed?.first ?? null,
    deepVerifiedMs: store.deepVerifiedMs,
  }
}
