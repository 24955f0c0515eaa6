/** What `init` tells whoever has run it: which folder goes where, and how everything is started then. Pure. */
import { addressText } from '../../protocol/addresses.ts'
import type { InitNode } from './layout.ts'

const coordinatorPort = 6001
const replicaPort = 6002

export interface Made {
  readonly dir: string
  readonly nodes: readonly InitNode[]
  /** The authority and the secrets were there, and are as they were. */
  readonly isRenewal: boolean
  readonly untilMs: number
}

export function toldOf({ dir, nodes, isRenewal, untilMs }: Made): string[] {
  const [coordinator, ...replicas] = nodes as [InitNode, ...InitNode[]]
  const until = new Date(untilMs).toISOString().slice(0, 10)
  const names = nodes.map(({ name }) => name).join(', ')
  const security =
    '--token-file /etc/concur/token --tls-cert /etc/concur/tls-cert.pem --tls-key /etc/concur/tls-key.pem --tls-ca /etc/concur/tls-ca.pem'
  const placeOf = ({ hosts }: InitNode, port: number): string => addressText({ host: hosts[0]!, port })
  const told = replicas.map(node => ` --replica ${node.name}=${placeOf(node, replicaPort)}`).join('')
  return [
    isRenewal
      ? `renewed in ${dir}: the certificates of ${names}, good until ${until}; secrets and authority are as they were`
      : `made in ${dir}: three secrets, an authority of your own, and the certificates of ${names}, good until ${until}`,
    '',
    ...nodes.map(
      ({ name }) => `${dir}/${name}/*  to ${name}, into /etc/concur, for the user who runs the server there`,
    ),
    `${dir}/client/*  to each person who reads and changes files`,
    `${dir}/admin/*  to whoever may also steal locks, prune, and resolve many files at once`,
    `${dir}/ca-key.pem and ${dir}/token  to nobody: keep them where you are`,
    '',
    ...(isRenewal ? ['Restart each server when its new files are there.'] : []),
    `${coordinator.name}$ concur-coordinator --root DIR --name ${coordinator.name} --listen ${placeOf(coordinator, coordinatorPort)}${told} ${security}`,
    ...replicas.map(
      node =>
        `${node.name}$ concur-replica --root DIR --name ${node.name} --listen ${placeOf(node, replicaPort)} ${security}`,
    ),
    `client$ concur --server ${nodes.map((node, place) => placeOf(node, place === 0 ? coordinatorPort : replicaPort)).join(',')} --token-file token --tls-ca tls-ca.pem status`,
  ]
}
