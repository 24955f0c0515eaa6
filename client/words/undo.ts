/** The command that takes a change back. Pure. Clause: "The client's commands". */
import type { Done } from '../../protocol/change-messages.ts'
import type { Wish } from '../sending/wish.ts'

/** Words that a shell takes as they are. */
const plain = /^[A-Za-z0-9_./:@%+,=-]+$/

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

/** Options stand behind the words, as a person would type them, unless a word looks like one. */
function commandLine(command: string, options: readonly string[], words: readonly string[]): string {
  const quoted = words.map(shellWord)
  const all = words.some(word => word.startsWith('-'))
    ? [...options, '--', ...quoted]
    : [...quoted, ...options]
  return ['concur', command, ...all].join(' ')
}

function shellWord(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
