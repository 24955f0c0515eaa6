/**
 * `concur-coordinator init`: the secrets, the authority and the certificates of a cluster, in a folder for each of its
 * machines. Run again it keeps secrets and authority, and makes the certificates anew: that is how they are renewed.
 */
import { randomBytes } from 'node:crypto'
import { ConcurError } from '../../protocol/errors.ts'
import { type KeyRing, keyRoles, parseKeyRing } from '../../protocol/key-ring.ts'
import type { NodeHost } from '../../protocol/option-kinds.ts'
import { type Certified, newAuthority, newCertificate, type Validity } from './authority.ts'
import { InitFolder } from './files.ts'
import {
  authorityFiles,
  certifiedNames,
  clientFolders,
  type InitNode,
  machineFiles,
  mergedNodes,
  tokenText,
} from './layout.ts'
import type { Made } from './words.ts'

const dayMs = 86_400_000
const authorityDays = 3_650
const certificateDays = 730
/** Clocks that are slow by less find the certificates valid. */
const earlierMs = dayMs
const secretBytes = 32

export interface InitOptions {
  readonly dir: string
  readonly nodes: readonly NodeHost[]
  readonly nowMs: number
}

/** @throws ConcurError USAGE in one sentence; an error of the system. */
export async function init({ dir, nodes: given, nowMs }: InitOptions): Promise<Made> {
  const folder = new InitFolder(dir)
  assertOwn(folder, dir)
  const nodes = mergedNodes(nodesIn(folder), given)
  assertNodes(nodes)
  const isRenewal = folder.read(authorityFiles.secrets) !== null
  const authority = await authorityIn(folder, nowMs)
  const secrets = secretsIn(folder)
  folder.writeOpen(authorityFiles.nodes, `${JSON.stringify(nodes, null, 2)}\n`)
  const validity = { fromMs: nowMs - earlierMs, toMs: nowMs + certificateDays * dayMs }
  for (const node of nodes) await writeNode(folder, node, { authority, secrets, validity })
  for (const [name, roles] of Object.entries(clientFolders)) {
    folder.writeSecret(`${name}/${machineFiles.token}`, tokenText(secrets, roles))
    folder.writeOpen(`${name}/${machineFiles.ca}`, authority.cert)
  }
  return { dir, nodes, isRenewal, untilMs: validity.toMs }
}

function assertOwn(folder: InitFolder, dir: string): void {
  const names = folder.names()
  const isOther =
    names !== null && names.length > 0 && !names.some(name => name.startsWith(authorityFiles.key))
  if (isOther)
    throw new ConcurError(
      'USAGE',
      `--dir must be a new folder, an empty one, or one that init has made, not ${dir}`,
    )
}

function nodesIn(folder: InitFolder): InitNode[] {
  const text = folder.read(authorityFiles.nodes)
  return text === null ? [] : (JSON.parse(text) as InitNode[])
}

function assertNodes(nodes: readonly InitNode[]): void {
  if (nodes.length === 0)
    throw new ConcurError('USAGE', '--node NAME=HOST is missing: the coordinator first, then each replica')
  const taken = nodes.find(({ name }) => Object.hasOwn(clientFolders, name))
  if (taken !== undefined)
    throw new ConcurError('USAGE', `--node ${taken.name}=…: no node can be called ${taken.name} here`)
}

/** The key is written first: a folder that has one is ours, however far we came. */
async function authorityIn(folder: InitFolder, nowMs: number): Promise<Certified> {
  const key = folder.read(authorityFiles.key)
  const cert = folder.read(authorityFiles.cert)
  if (key !== null && cert !== null) return { key, cert }
  const made = await newAuthority('concur', {
    fromMs: nowMs - earlierMs,
    toMs: nowMs + authorityDays * dayMs,
  })
  folder.writeSecret(authorityFiles.key, made.key)
  folder.writeOpen(authorityFiles.cert, made.cert)
  return made
}

function secretsIn(folder: InitFolder): KeyRing {
  const text = folder.read(authorityFiles.secrets)
  if (text !== null) return parseKeyRing(text, `the file ${authorityFiles.secrets} of --dir`)
  const made = new Map(keyRoles.map(role => [role, randomBytes(secretBytes).toString('base64url')]))
  folder.writeSecret(authorityFiles.secrets, tokenText(made))
  return made
}

async function writeNode(
  folder: InitFolder,
  node: InitNode,
  { authority, secrets, validity }: { authority: Certified; secrets: KeyRing; validity: Validity },
): Promise<void> {
  const { cert, key } = await newCertificate(authority, certifiedNames(node), validity)
  folder.writeSecret(`${node.name}/${machineFiles.token}`, tokenText(secrets))
  folder.writeOpen(`${node.name}/${machineFiles.ca}`, authority.cert)
  folder.writeSecret(`${node.name}/${machineFiles.key}`, key)
  folder.writeOpen(`${node.name}/${machineFiles.cert}`, cert)
}
