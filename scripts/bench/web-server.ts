/** nginx over the coordinator's copy: `/` as Debian installs it, `/tuned/` as it is fastest for large files. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from './children.ts'
import { freePort } from './ports.ts'

const startWithinMs = 5_000

export interface WebServerOptions {
  readonly children: Children
  /** A folder of its own. */
  readonly folder: string
  /** What it serves. */
  readonly root: string
}

/** Whether a program can be started here. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

/** Serves until the bench ends. @returns its port. */
export async function startWebServer({ children, folder, root }: WebServerOptions): Promise<number> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, configText({ folder, root, port }))
  const child = children.spawn('nginx', ['-p', folder, '-c', config, '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
  })
  const endMs = performance.now() + startWithinMs
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > endMs) throw new Error('nginx does not start')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return port
}

function configText({ folder, root, port }: { folder: string; root: string; port: number }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    of => `${of}_temp_path ${folder}/${of};`,
  )
  return `
daemon off;
pid ${folder}/nginx.pid;
worker_processes auto;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 768; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port};
    location / { root ${root}; }
    location /tuned/ { alias ${root}/; sendfile off; output_buffers 2 1m; }
  }
}
`
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`)
    return true
  } catch {
    return false
  }
}
