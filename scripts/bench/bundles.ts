/**
 * The bench's own programs as plain JavaScript: run from their sources they would carry the loader of the sources, and
 * be slower than what they measure.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** What has a binary stays where it is installed. */
const installed: Plugin = {
  name: 'installed',
  setup({ onResolve }) {
    const { resolve } = createRequire(import.meta.url)
    onResolve({ filter: /^@napi-rs\// }, ({ path }) => ({
      path: pathToFileURL(resolve(path)).href,
      external: true,
    }))
  },
}

/** @returns the path of the module, built into `folder`. `name`: of a file beside this one, without its end. */
export async function bundle(folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    plugins: [installed],
  })
  return outfile
}
