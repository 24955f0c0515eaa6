/** The command that takes a change back. Pure. Clause: "The client's commands". */
import type { Done } from '../../protocol/change-messages.ts'
import type { Wish } from '../sending/wish.ts'
import { commandLine } from './command-line.ts'

/** @returns null where nothing was changed. */
export function undoOf({ what }: Pick<Wish, 'what'>, { op, replaced }: Done): string | null {
  if (op === null) return null
  switch (what.type) {
    case 'rename': {
      const back = commandLine('mv', [], [what.to, what.from])
      return replaced.length === 0 ? back : `${back} && ${restoreLine(what.to, op.seq)}`
    }
    case 'mkdir':
      return commandLine('rm -r', [], [what.path])
    default:
      return restoreLine(what.path, op.seq)
  }
}

/** @returns the command that makes the path what it was before the operation `seq`. */
export function restoreLine(path: string, seq: number): string {
  return commandLine('restore', ['--at', String(seq - 1)], [path])
}
