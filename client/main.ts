/** The client with all its commands. */
import { commands } from './commands.ts'
import { runProcess } from './process.ts'
import { typedArguments } from './typed-arguments.ts'

runProcess({ argv: typedArguments(process.argv.slice(2)), split: null, environment: process.env, commands })
