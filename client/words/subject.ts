/** A sentence names the path that it is about once, whether or not whoever wrote it has named it. Clause: "Error codes". */

/** @returns the sentence for where nothing else names the path. `subject` null: it is about none. */
export function namingSubject(sentence: string, subject: string | null): string {
  if (subject === null || sentence.startsWith(`${subject}: `)) return sentence
  return `${subject}: ${sentence}`
}

/** @returns the sentence for behind the path. */
export function behindSubject(sentence: string, subject: string | null): string {
  return subject !== null && sentence.startsWith(`${subject}: `)
    ? sentence.slice(subject.length + 2)
    : sentence
}
