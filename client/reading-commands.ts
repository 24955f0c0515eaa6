/**
 * The commands that read a file, which are started most: those of the table of commands that are loaded without the
 * others.
 */
import { flagOption, nodeNameOption, textOption } from '../protocol/option-kinds.ts'
import { type Command, command, path } from './command.ts'
import { cat } from './commands/cat.ts'
import { get } from './commands/get.ts'
import { stat } from './commands/stat.ts'
import type { ReadingName } from './reads/reading-names.ts'

const from = nodeNameOption({ describe: 'take the version that this node holds', placeholder: 'NODE' })

const getOptions = {
  output: textOption({
    describe: 'save as FILE, inside the folder FILE, or - for standard output',
    placeholder: 'FILE',
  }),
  recursive: flagOption({ describe: 'a folder, with all that is below' }),
  from,
  deep: flagOption({ describe: 'have every byte of every copy read now' }),
}

const catOptions = { from }

const statOptions = {
  sha256: flagOption({ describe: 'the SHA-256 of each version, to hold against sha256sum' }),
}

export const readingCommands: Readonly<Record<ReadingName, Command>> = {
  get: command({
    describe: 'the verified read: compare the copies, save what they agree on',
    positionals: [{ ...path, many: true }],
    options: getOptions,
    letters: { o: 'output', r: 'recursive' },
    takesStdout: ({ output }) => [output].flat().at(-1) === '-',
    run: async (context, paths, values) => get(context, paths, values),
  }),
  cat: command({
    describe: 'the verified read, to standard output',
    positionals: [path],
    options: catOptions,
    takesStdout: () => true,
    run: async (context, [path], values) => cat(context, path!, values),
  }),
  stat: command({
    describe: 'the verdict without the bytes: size, digest, time, holders',
    positionals: [path],
    options: statOptions,
    run: async (context, [path], values) => stat(context, path!, values),
  }),
}
