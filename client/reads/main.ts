/**
 * The client with the commands that read a file, and nothing else: bundled by itself, because that starts faster. What
 * cannot be said with these commands, help and wrong usage included, it leaves to the client with all of them.
 */
import { splitIfSaidWith } from '../arguments.ts'
import { runProcess } from '../process.ts'
import { readingCommands } from '../reading-commands.ts'
import { typedArguments } from '../typed-arguments.ts'

const argv = typedArguments(process.argv.slice(2))

const split = splitIfSaidWith(argv, readingCommands)

/** False: nothing has happened. */
export const isTaken = split !== null

if (isTaken) runProcess({ argv, split, environment: process.env, commands: readingCommands })
