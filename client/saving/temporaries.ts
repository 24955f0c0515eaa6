/**
 * Files that are not whole yet, each beside the file that it will be. None outlives the program: what is not renamed is
 * removed, on Ctrl-C as well. Everything here happens within the call, so that no moment is left in which a file exists
 * that nobody knows of.
 */
import { closeSync, constants, openSync, renameSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Random } from '../../protocol/world.ts'
import { systemCode } from '../words/system-reason.ts'

/** Bytes of the target's name that the temporary name repeats: both together stay below the 255 of a name. */
const nameShownBytesMax = 200

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

export interface Temporary {
  readonly path: string
  readonly fd: number
}

/** Names that are tried before it is taken for more than chance that each of them exists. */
const namesTriedMax = 8

export class Temporaries {
  private readonly random: Pick<Random, 'fraction'>
  private readonly open = new Set<Temporary>()

  /** Chance that anybody may foresee is good enough: a name that exists is never opened. */
  constructor(random: Pick<Random, 'fraction'>) {
    this.random = random
  }

  /** @param mode permissions, of which the system takes away what the umask says. @throws the system's error. */
  create(target: string, mode: number): Temporary {
    for (let tries = 1; ; tries++) {
      const path = join(dirname(target), this.nameFor(basename(target)))
      try {
        const temporary = { path, fd: openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode) }
        this.open.add(temporary)
        return temporary
      } catch (error) {
        if (systemCode(error) !== 'EEXIST' || tries === namesTriedMax) throw error
      }
    }
  }

  /** The file is whole: it takes the place of `target`. @throws the system's error. */
  rename(temporary: Temporary, target: string): void {
    renameSync(temporary.path, target)
    this.open.delete(temporary)
    closeSync(temporary.fd)
  }

  /** Harmless for one that was renamed or removed. */
  remove(temporary: Temporary): void {
    if (!this.open.delete(temporary)) return
    try {
      unlinkSync(temporary.path)
    } catch {
      // Somebody else removed it, or its folder: it is gone, as it should be.
    }
    closeSync(temporary.fd)
  }

  removeAll(): void {
    for (const temporary of [...this.open]) this.remove(temporary)
  }

  private nameFor(name: string): string {
    const shown = Buffer.from(name)
      .subarray(0, nameShownBytesMax)
      .toString('utf8')
      .replace(/\ufffd+$/, '')
    const end = Math.floor(this.random.fraction() * 2 ** 32)
    return `.${shown}.concur-${end.toString(16).padStart(8, '0')}`
  }
}
