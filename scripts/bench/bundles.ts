/**
 * The bench's own programs as plain JavaScript: run from their sources they would carry the loader of the sources, and
 * be slower than what they measure.
 */
import { join } from 'node:path'
import { build } from 'esbuild'

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
    // What has a binary stays where it is installed, and is looked for from here.
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  })
  return outfile
}
