/** A command of ours as a person types it into a shell. Pure. */

/** Words that a shell takes as they are. */
const plain = /^[A-Za-z0-9_./:@%+,=-]+$/

/** Options stand behind the words, as a person would type them, unless a word looks like one. */
export function commandLine(command: string, options: readonly string[], words: readonly string[]): string {
  const quoted = words.map(shellWord)
  const all = words.some(word => word.startsWith('-'))
    ? [...options, '--', ...quoted]
    : [...quoted, ...options]
  return ['concur', command, ...all].join(' ')
}

function shellWord(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
