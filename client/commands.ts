/**
 * The one table of commands. It drives the reading of argv, the help, the completion and what is run; a command's own
 * file is loaded when it is run, but for those that read a file.
 */
import { ConcurError } from '../protocol/errors.ts'
import { type CommandTable, command, path } from './command.ts'
import {
  appendOptions,
  historyOptions,
  lockOptions,
  logOptions,
  lsOptions,
  mkdirOptions,
  mvOptions,
  oneEditOptions,
  putOptions,
  resolveOptions,
  restoreOptions,
  rmOptions,
  statusOptions,
  unlockOptions,
  verifyOptions,
  waitOptions,
  writeOptions,
} from './command-options.ts'
import { readingCommands } from './reading-commands.ts'

const maybePath = { ...path, required: false }

export const commands: CommandTable = {
  get: readingCommands.get,
  cat: readingCommands.cat,
  put: command({
    describe: 'upload files: FILE [PATH], FILE… DIR/, or -r DIR [PATH]',
    positionals: [{ ...path, name: 'FILE', many: true }, maybePath],
    options: putOptions,
    letters: { r: 'recursive' },
    run: async (context, words, values) => (await import('./commands/put.ts')).put(context, words, values),
  }),
  write: command({
    describe: 'make or replace a file: TEXT, or standard input, is its content',
    positionals: [path, { name: 'TEXT', required: false, many: false }],
    options: writeOptions,
    run: async (context, [path, text], values) =>
      (await import('./commands/write.ts')).write(context, [path!, text], values),
  }),
  append: command({
    describe: 'extend a file by TEXT, or by standard input',
    positionals: [path, { name: 'TEXT', required: false, many: false }],
    options: appendOptions,
    run: async (context, [path, text], values) =>
      (await import('./commands/write.ts')).append(context, [path!, text], values),
  }),
  mv: command({
    describe: 'give a file or folder another name; NEW/ puts it inside',
    positionals: [
      { ...path, name: 'OLD' },
      { ...path, name: 'NEW' },
    ],
    options: mvOptions,
    letters: { f: 'force' },
    run: async (context, [from, to], values) =>
      (await import('./commands/mv.ts')).mv(context, [from!, to!], values),
  }),
  rm: command({
    describe: 'delete a file, or with -r a folder',
    positionals: [path],
    options: rmOptions,
    letters: { r: 'recursive', f: 'force' },
    run: async (context, [path], values) => (await import('./commands/rm.ts')).rm(context, path!, values),
  }),
  mkdir: command({
    describe: 'make a folder',
    positionals: [path],
    options: mkdirOptions,
    letters: { p: 'parents' },
    run: async (context, [path], values) =>
      (await import('./commands/mkdir.ts')).mkdir(context, path!, values),
  }),
  restore: command({
    describe: 'bring back what a file or folder was',
    positionals: [path],
    options: restoreOptions,
    run: async (context, [path], values) =>
      (await import('./commands/restore.ts')).restore(context, path!, values),
  }),
  diff: command({
    describe: 'how the versions of a file differ, from what was written where that is known',
    positionals: [path],
    options: {},
    run: async (context, [path]) => (await import('./commands/diff.ts')).diff(context, path!),
  }),
  resolve: command({
    describe: 'make copies that differ one',
    positionals: [maybePath],
    options: resolveOptions,
    run: async (context, [path], values) =>
      (await import('./commands/resolve.ts')).resolve(context, path, values),
  }),
  adopt: command({
    describe: 'what was edited on one node’s disk becomes everybody’s',
    positionals: [path],
    options: oneEditOptions,
    run: async (context, [path], values) =>
      (await import('./commands/one-edit.ts')).adopt(context, path!, values),
  }),
  revert: command({
    describe: 'what was edited on one node’s disk gives way to what was written',
    positionals: [path],
    options: oneEditOptions,
    run: async (context, [path], values) =>
      (await import('./commands/one-edit.ts')).revert(context, path!, values),
  }),
  ls: command({
    describe:
      'what any copy holds, with a mark: = the same  ~ but for copies that are only behind  + - some node lacks it  * differs  ! not compared',
    positionals: [maybePath],
    options: lsOptions,
    letters: { l: 'long', R: 'recursive' },
    run: async (context, [path], values) =>
      (await import('./commands/ls.ts')).ls(context, path ?? '', values),
  }),
  verify: command({
    describe: 'compare all copies; a line for each that is not the same everywhere, marked as in ls',
    positionals: [maybePath],
    options: verifyOptions,
    run: async (context, [path], values) =>
      (await import('./commands/verify.ts')).verify(context, path ?? '', values),
  }),
  stat: readingCommands.stat,
  status: command({
    describe: 'one screen of coordinator and replicas',
    positionals: [],
    options: statusOptions,
    run: async (context, _, values) => (await import('./commands/status.ts')).status(context, values),
  }),
  doctor: command({
    describe: 'what is wrong with the nodes, looked at from here, and what to do about it',
    positionals: [],
    options: {},
    run: async context => (await import('./commands/doctor.ts')).doctor(context),
  }),
  lock: command({
    describe: 'a lease for this client id: only it changes the path and what is below; COMMAND runs under it',
    positionals: [path, { name: 'COMMAND', required: false, many: true, behindDashes: true }],
    options: lockOptions,
    takesStdout: (_, words) => words.length > 1,
    run: async (context, words, values) => (await import('./commands/lock.ts')).lock(context, words, values),
  }),
  unlock: command({
    describe: 'end the lease of this client id, or with --steal of anybody',
    positionals: [path],
    options: unlockOptions,
    run: async (context, [path], values) =>
      (await import('./commands/unlock.ts')).unlock(context, path!, values),
  }),
  check: command({
    describe: 'whose lease a path is under: exit 1 when it is somebody else’s',
    positionals: [path],
    options: {},
    run: async (context, [path]) => (await import('./commands/check.ts')).check(context, path!),
  }),
  log: command({
    describe: 'what was changed, oldest first',
    positionals: [maybePath],
    options: logOptions,
    letters: { n: 'last' },
    run: async (context, [path], values) =>
      (await import('./commands/log.ts')).log(context, path ?? '', values),
  }),
  history: command({
    describe: 'contents that were replaced or deleted and are kept, oldest first; --prune has them go',
    positionals: [maybePath],
    options: historyOptions,
    run: async (context, [path], { prune, older, yes }) => {
      if (prune) return (await import('./commands/prune.ts')).prune(context, path ?? '', { older, yes })
      if (path === undefined) throw new ConcurError('USAGE', 'history needs a PATH; / is the whole tree')
      if (older !== null || yes) throw new ConcurError('USAGE', '--older and --yes belong to --prune')
      return (await import('./commands/history.ts')).history(context, path)
    },
  }),
  wait: command({
    describe: 'until every configured node has applied everything so far',
    positionals: [maybePath],
    options: waitOptions,
    run: async (context, [path], values) =>
      (await import('./commands/wait.ts')).wait(context, path ?? '', values),
  }),
}
