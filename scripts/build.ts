/**
 * Builds dist/: the client's bundles with their code caches, the servers, the worker that hashes, the manual page. What needs a
 * prebuilt binary, and what the client loads only on demand, stays in node_modules.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BuildOptions, build } from 'esbuild'
import { commands } from '../client/commands.ts'
import { globalOptions } from '../client/global-options.ts'
import { clientBundles, notForReads } from './client-bundles.ts'
import { manualPage } from './manual.ts'

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  outdir: 'dist',
  logLevel: 'warning',
  legalComments: 'none',
} satisfies BuildOptions

/**
 * CommonJS starts faster than ES modules do; the sources are ES modules all the same. The bundles are minified for that as
 * well. V8 keeps a text of more than 128 KiB apart; a smaller one takes so much of its young generation that a small read,
 * which else ends before that is full, has to wait for its collection: `client-reads` lies above.
 */
async function buildClient(): Promise<void> {
  const commonJs = {
    ...shared,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    minifyWhitespace: true,
    minifySyntax: true,
  } satisfies BuildOptions
  for (const [name, main] of Object.entries(clientBundles)) {
    await build({
      ...commonJs,
      entryPoints: { [name]: main },
      minifyIdentifiers: true,
      alias: { 'node:module': './client/bundle-require.ts', 'yargs-parser': 'yargs-parser/browser' },
      external: [
        '@napi-rs/blake-hash',
        'cli-progress',
        'diff',
        'node-diff3',
        'picomatch',
        'yargs',
        ...(name === 'client-reads' ? notForReads : []),
      ],
      define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
      banner: { js: '(function (module, require, __filename, __dirname) {' },
      footer: { js: '})' },
    })
  }
  await build({
    ...commonJs,
    entryPoints: { client: 'client/launch.ts' },
    banner: { js: '#!/usr/bin/env node' },
    footer: { js: 'if (require.main === module) start(__dirname, process.argv.slice(2));' },
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

/** Commands after whose runs the code is kept that V8 has compiled by then. */
const warmingRuns: Record<keyof typeof clientBundles, readonly (readonly string[])[]> = {
  'client-reads': [
    ['get', 'small.txt'],
    ['--json', 'get', 'small.txt', '-o', '/dev/null'],
    ['cat', '--quiet', 'small.txt'],
    ['stat', 'small.txt'],
  ],
  'client-whole': [['ls', '-l'], ['status'], ['write', 'new.txt', 'new\n']],
}

/** Compiled are the functions that small commands have run: real ones, against a server of their own. */
async function cacheClientCode(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'concur-build-'))
  const server = startServer(join(folder, 'root'))
  try {
    const address = `127.0.0.1:${await portOf(server)}`
    for (const [name, runs] of Object.entries(warmingRuns)) {
      for (const run of runs) {
        const args = [join(process.cwd(), 'scripts/cache-code.cjs'), name, '--server', address, ...run]
        const { status } = spawnSync(process.execPath, args, {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        if (status !== 0) throw new Error(`concur ${run.join(' ')}, which warms the code cache, failed`)
      }
    }
  } finally {
    const ended = server.exitCode === null ? once(server, 'exit') : null
    server.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeManual(): void {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const date = statSync('package.json').mtime.toISOString().slice(0, 10)
  writeFileSync('dist/concur.1', manualPage({ commands, globalOptions, version, date }))
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
writeManual()
