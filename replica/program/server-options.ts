/**
 * The options that both servers have, and the rules that no single option can state. A server's own table begins with
 * these.
 */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { addressText, isLoopbackHost } from '../../protocol/addresses.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { type NodeName, parseNodeName } from '../../protocol/ids.ts'
import {
  addressOption,
  choiceOption,
  configFileOption,
  fileOption,
  flagOption,
  folderOption,
  integerOption,
  nodeNameOption,
} from '../../protocol/option-kinds.ts'
import { refuseValue } from '../../protocol/option-sources.ts'
import type { ValuesOf } from '../../protocol/options.ts'
import type { Address } from '../../protocol/world.ts'

const nodeNameLengthMax = 32

/** `listen`: the server's default address. `hostName`: what the system calls this machine. */
export function serverOptions({ listen, hostName = hostname() }: { listen: string; hostName?: string }) {
  return {
    root: folderOption({ describe: 'The folder to serve', required: true }),
    name: nodeNameOption({ describe: "This node's own name", default: nodeNameOfHost(hostName) }),
    listen: addressOption({
      describe: 'Where to listen; port 0 takes a free one',
      default: listen,
      portMin: 0,
    }),
    'token-file': fileOption({
      describe: 'The secrets of the cluster, lines of ROLE SECRET; without it everybody may do everything',
    }),
    'tls-cert': fileOption({
      describe: "This node's certificate, PEM; with the next two, and for every link",
    }),
    'tls-key': fileOption({ describe: 'Its key, PEM, which nobody else can read' }),
    'tls-ca': fileOption({ describe: 'The authority that has signed the certificates of all nodes, PEM' }),
    insecure: flagOption({ describe: 'Allow --listen beyond loopback, for everybody who can reach it' }),
    recheck: flagOption({
      describe:
        'Somebody looked after the disk: take changes again after a flush had failed, if one works now, and ' +
        'take the folder as it is, emptied or changed',
    }),
    'connections-max': integerOption({
      describe: 'Connections at once; more are told BUSY',
      default: '12000',
      min: 1,
      max: 1_000_000,
    }),
    config: configFileOption({ describe: 'A JSON object of these options' }),
    'log-level': choiceOption(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
      describe: 'The least that is logged',
      default: 'info',
      placeholder: 'LEVEL',
    }),
  }
}

export type ServerTable = ReturnType<typeof serverOptions>
export type ServerValues = ValuesOf<ServerTable>

/** What the options of both servers say to the server itself. */
export interface ServerConfig {
  /** Absolute. */
  readonly root: string
  readonly name: NodeName
  readonly listen: Address
  readonly connectionsMax: number
}

/** @throws ConcurError USAGE in one sentence when the values cannot work together. */
export function serverConfig(values: ServerValues): ServerConfig {
  const { root, name, listen, insecure } = values
  if (!isLoopbackHost(listen.host) && !insecure && values['token-file'] === null) {
    refuseValue(
      '--listen',
      'a loopback address such as 127.0.0.1 unless --token-file or --insecure is given',
      addressText(listen),
    )
  }
  return { root: resolve(root), name, listen, connectionsMax: values['connections-max'] }
}

/**
 * Plain text proves nothing: it is not spoken where keys are in use.
 * @throws ConcurError USAGE where it is asked for all the same.
 */
export function speaksText(values: ServerValues & { text: boolean | null }, unlessSaid: boolean): boolean {
  const secured = (['token-file', 'tls-ca'] as const).find(name => values[name] !== null)
  if (secured === undefined) return values.text ?? unlessSaid
  if (values.text)
    throw new ConcurError('USAGE', `--text: plain-text reads prove nothing; not together with --${secured}`)
  return false
}

/** The files that TLS stands on. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** @returns null where no TLS is spoken. @throws ConcurError USAGE where only some of the files are given. */
export function tlsFiles(values: ServerValues): TlsFiles | null {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca } = values
  if (cert === null && key === null && ca === null) return null
  if (cert !== null && key !== null && ca !== null) return { cert, key, ca }
  throw new ConcurError('USAGE', '--tls-cert, --tls-key and --tls-ca are given together, or none of them')
}

/** @returns the host's short name, lower-cased, with every run of what no node name has as one dash. */
export function nodeNameOfHost(hostName: string): NodeName {
  const legal = hostName
    .split('.', 1)[0]!
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, nodeNameLengthMax)
    .replace(/^-|-$/g, '')
  return parseNodeName(legal) ?? ('node' as NodeName)
}
