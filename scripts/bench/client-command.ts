/** The client as it is built, asking the coordinator at a port of this machine. */
import { join } from 'node:path'

export function clientCommand({
  dist,
  port,
}: {
  dist: string
  port: number
}): readonly [string, ...string[]] {
  return [process.execPath, join(dist, 'client.cjs'), '--server', `127.0.0.1:${port}`]
}
