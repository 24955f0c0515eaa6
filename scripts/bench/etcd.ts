/** One etcd node, as Debian installs it: every put is in its log, and flushed, before it is answered. */
import { join } from 'node:path'
import type { Children } from './children.ts'
import { freePort } from './ports.ts'

const startWithinMs = 10_000

/** Serves until the row ends. @returns its port. */
export async function startEtcd(children: Children, folder: string): Promise<number> {
  const [port, peerPort] = [await freePort(), await freePort()]
  const clients = `http://127.0.0.1:${port}`
  const peers = `http://127.0.0.1:${peerPort}`
  const args = [
    ...['--name', 'bench', '--data-dir', join(folder, `etcd-${port}`), '--log-level', 'error'],
    ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
    ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
    ...['--initial-cluster', `bench=${peers}`],
  ]
  const child = children.spawn('etcd', args, { stdio: 'ignore' })
  const endMs = performance.now() + startWithinMs
  while (!(await isHealthy(clients))) {
    if (child.exitCode !== null || performance.now() > endMs) throw new Error('etcd does not start')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return port
}

async function isHealthy(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/health`)).ok
  } catch {
    return false
  }
}
