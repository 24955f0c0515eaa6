/** The process of `concur-coordinator init`. Exit status: 0 when all is made, 1 where the disk refused, 2 for a refusal. */
import { readFileSync } from 'node:fs'
import { ConcurError } from '../../protocol/errors.ts'
import { nodeHostsOption, textOption } from '../../protocol/option-kinds.ts'
import { readOptions } from '../../protocol/options.ts'
import { splitArguments } from '../../replica/program/arguments.ts'
import { init } from './init.ts'
import { toldOf } from './words.ts'

const initOptions = {
  dir: textOption({
    describe: 'Where to make everything; a folder of its own',
    placeholder: 'DIR',
    required: true,
  }),
  node: nodeHostsOption({
    describe: 'A node, and a host where it is dialled: the coordinator first. Give it once for each host',
  }),
}

const program = 'concur-coordinator init'

/** @param packageFile the package.json that says the version. */
export async function runInit(process: NodeJS.Process, packageFile: URL): Promise<void> {
  try {
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
    const usage = {
      program,
      summary:
        'Makes the secrets, an authority and the certificates of a cluster. Run again, it renews the certificates.',
      version,
      columns: process.stdout.columns ?? 100,
      options: initOptions,
      synopsis: '--dir DIR --node NAME=HOST …',
      epilogue:
        'Secrets and keys are written for their owner alone; take them to their machines the same way.',
    }
    const asked = splitArguments(usage, process.argv.slice(3))
    if (asked.is === 'text') return void process.stdout.write(`${asked.text}\n`)
    const { dir, node } = readOptions(initOptions, { argv: asked.argv, environment: {}, config: null })
    const made = await init({ dir, nodes: node, nowMs: Date.now() })
    process.stdout.write(`${toldOf(made).join('\n')}\n`)
  } catch (error) {
    const isRefusal = error instanceof ConcurError
    process.stderr.write(`${program}: ${(error as Error).message}\n`)
    process.exitCode = isRefusal ? 2 : 1
  }
}
