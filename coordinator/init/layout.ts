/**
 * What `init` leaves in its folder, by name: a folder for every machine, with all that this machine needs and nothing that
 * it does not. Pure.
 */
import { type KeyRole, keyRoles } from '../../protocol/key-ring.ts'

export interface InitNode {
  readonly name: string
  /** Where it is dialled. */
  readonly hosts: readonly string[]
}

/** What stays with whoever runs `init`. */
export const authorityFiles = {
  cert: 'ca.pem',
  key: 'ca-key.pem',
  secrets: 'token',
  nodes: 'nodes.json',
} as const

/** Names of the files in the folder of a machine. */
export const machineFiles = {
  token: 'token',
  cert: 'tls-cert.pem',
  key: 'tls-key.pem',
  ca: 'tls-ca.pem',
} as const

/** Folders of people's machines, and the secrets that lie there. No node can be called so. */
export const clientFolders: Readonly<Record<string, readonly KeyRole[]>> = {
  client: ['client'],
  admin: ['client', 'admin'],
}

export function tokenText(
  secrets: ReadonlyMap<KeyRole, string>,
  roles: readonly KeyRole[] = keyRoles,
): string {
  return roles.map(role => `${role} ${secrets.get(role)}\n`).join('')
}

/** @returns the nodes as they are to be: those given, each with all its hosts, and those known before as they were. */
export function mergedNodes(
  known: readonly InitNode[],
  given: readonly { readonly name: string; readonly host: string }[],
): InitNode[] {
  const nodes = new Map(known.map(node => [node.name, node]))
  for (const { name } of given) nodes.set(name, { name, hosts: [] })
  for (const { name, host } of given) {
    const { hosts } = nodes.get(name)!
    nodes.set(name, { name, hosts: hosts.includes(host) ? hosts : [...hosts, host] })
  }
  return [...nodes.values()]
}

/** The names in a node's certificate: its own first. */
export function certifiedNames({ name, hosts }: InitNode): string[] {
  return [...new Set([name, ...hosts])]
}
