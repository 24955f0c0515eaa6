/** What is said of a node's trouble, in status and in records: of a full disk with its code, for that is what people look for. Pure. */
import type { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'

export function troubleText({ code, message }: Pick<ConcurError, 'code' | 'message'>): string {
  return code === 'NO_SPACE' ? `${code}: ${message}` : message
}

/** The same of what is said behind the node's name: an error that begins with the name says it no second time. */
export function troubleOf(node: NodeName, { code, message }: Pick<ConcurError, 'code' | 'message'>): string {
  const names = [`${node}: `, `${node} `]
  const said = names.find(name => message.startsWith(name)) ?? ''
  return troubleText({ code, message: message.slice(said.length) })
}

/** For how long nothing was heard, in seconds. */
export function silentText(ms: number): string {
  return `silent for ${Math.round(ms / 100) / 10} s`
}
