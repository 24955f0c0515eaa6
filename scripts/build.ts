/**
 * Builds dist/: the client as one bundle with its code cache, the servers, and the worker that hashes. What needs a
 * prebuilt binary, and what the client loads only on demand, stays in node_modules.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BuildOptions, build } from 'esbuild'

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  outdir: 'dist',
  logLevel: 'warning',
  legalComments: 'none',
} satisfies BuildOptions

/**
 * CommonJS starts faster than ES modules do; the sources are ES modules all the same. Names stay as they are: shorter
 * ones save no time.
 */
async function buildClient(): Promise<void> {
  const commonJs = { ...shared, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions
  await build({
    ...commonJs,
    entryPoints: { 'client-bundle': 'client/main.ts' },
    minifySyntax: true,
    minifyWhitespace: true,
    alias: { 'node:module': './client/bundle-require.ts' },
    external: ['@napi-rs/blake-hash', 'cli-progress', 'yargs'],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
    banner: { js: '(function (require, __filename, __dirname) {' },
    footer: { js: '})' },
  })
  await build({
    ...commonJs,
    entryPoints: { client: 'client/launch.ts' },
    banner: { js: '#!/usr/bin/env node' },
    footer: { js: 'if (require.main === module) loadBundle(__dirname).run();' },
  })
}

async function buildServers(): Promise<void> {
  await build({
    ...shared,
    format: 'esm',
    splitting: true,
    entryPoints: {
      coordinator: 'coordinator/main.ts',
      replica: 'replica/main.ts',
      'hash-worker': 'replica/store/hash-worker.ts',
    },
    chunkNames: 'server-[hash]',
    packages: 'external',
    banner: { js: '#!/usr/bin/env node' },
  })
}

/** Compiled are the functions that a small read has run: one real read, against a server of its own. */
async function cacheClientCode(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'concur-build-'))
  const server = startServer(join(folder, 'root'))
  try {
    const port = await portOf(server)
    const args = ['--server', `127.0.0.1:${port}`, 'get', 'small.txt']
    const { status } = spawnSync(process.execPath, [join(process.cwd(), 'scripts/cache-code.cjs'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (status !== 0) throw new Error('the read that warms the code cache failed')
  } finally {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function startServer(root: string): ChildProcess {
  mkdirSync(root)
  writeFileSync(join(root, 'small.txt'), 'small\n')
  const args = ['dist/coordinator.js', '--root', root, '--name', 'build', '--listen', '127.0.0.1:0']
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} })
}

function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('exit', () => reject(new Error('the coordinator that was built does not start')))
    createInterface({ input: server.stderr! }).on('line', line => {
      if (line.includes('"msg":"listening"')) resolve((JSON.parse(line) as { port: number }).port)
    })
  })
}

rmSync('dist', { recursive: true, force: true })
await buildClient()
await buildServers()
for (const program of ['client.cjs', 'coordinator.js', 'replica.js']) chmodSync(join('dist', program), 0o755)
await cacheClientCode()
