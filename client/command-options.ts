/** The options of each command, but for those that read a file. Pure. */
import { parseDigest } from '../protocol/digest.ts'
import {
  choiceOption,
  durationOption,
  flagOption,
  integerOption,
  nodeNameOption,
  parsedOption,
  textOption,
} from '../protocol/option-kinds.ts'

export const lsOptions = {
  long: flagOption({ describe: 'size, time and holders as well' }),
  recursive: flagOption({ describe: 'all that is below' }),
  differing: flagOption({ describe: 'only what is not the same everywhere (=)' }),
}

export const verifyOptions = {
  deep: flagOption({ describe: 'every byte of every copy is read now' }),
}

export const statusOptions = {
  watch: flagOption({ describe: 'again each second, until Ctrl-C' }),
}

/** Of every change. */
const conditions = {
  'if-match': parsedOption(
    {
      describe: 'only if this is what every copy is now',
      placeholder: 'DIGEST',
      allowed: 'b3: and 64 lower-case hex digits',
    },
    parseDigest,
  ),
  'if-absent': flagOption({ describe: 'only if no copy is there' }),
  ack: choiceOption(['available', 'quorum', 'all'], {
    describe: 'the nodes that must be there for it; what the coordinator is configured with unless stated',
  }),
  fence: integerOption({
    describe: 'the token of a lock: refused where the path was locked since',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
}

export const putOptions = {
  recursive: flagOption({ describe: 'folders as well, with all that is below' }),
  ...conditions,
}

export const writeOptions = conditions

export const appendOptions = {
  create: flagOption({ describe: 'make the file where there is none' }),
  ...conditions,
}

export const mvOptions = {
  force: flagOption({ describe: 'what is at NEW gives way' }),
  ...conditions,
}

export const rmOptions = {
  recursive: flagOption({ describe: 'a folder, with all that is below' }),
  force: flagOption({ describe: 'nothing there is fine' }),
  ...conditions,
}

export const mkdirOptions = {
  parents: flagOption({ describe: 'folders above it as well; it may be there' }),
  ...conditions,
}

export const restoreOptions = {
  at: integerOption({
    describe: 'as it was behind this operation; before its last one unless stated',
    placeholder: 'SEQ',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  digest: parsedOption(
    {
      describe: 'this content, whenever it had it',
      placeholder: 'DIGEST',
      allowed: 'b3: and 64 lower-case hex digits',
    },
    parseDigest,
  ),
  ...conditions,
}

export const resolveOptions = {
  keep: nodeNameOption({ describe: 'every copy becomes the one of this node' }),
  with: textOption({ describe: 'every copy becomes this file; - is standard input', placeholder: 'FILE' }),
  both: flagOption({ describe: 'each version becomes PATH.NODE, and PATH goes' }),
  merge: flagOption({ describe: 'what was changed in each version, in one text' }),
  all: flagOption({ describe: 'everything that is not the same everywhere; PATH is a pattern then' }),
  'dry-run': flagOption({ describe: 'only says what --all would do' }),
  ...conditions,
}

export const oneEditOptions = {
  node: nodeNameOption({ describe: 'on whose disk it was edited' }),
  ...conditions,
}

export const logOptions = {
  since: integerOption({
    describe: 'only what came behind this operation',
    placeholder: 'SEQ',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  last: integerOption({ describe: 'only the last N', min: 0, max: 2 ** 32 - 1 }),
  follow: flagOption({ describe: 'the last 10 unless stated, and what comes, until Ctrl-C' }),
}

export const historyOptions = {
  prune: flagOption({ describe: 'what is kept goes for good on every node: it is shown, and you are asked' }),
  older: durationOption({ describe: 'with --prune: only what is older', min: '0s', max: '36500d' }),
  yes: flagOption({ describe: 'with --prune: nobody is asked' }),
}

export const lockOptions = {
  ttl: durationOption({ describe: 'how long it lasts', default: '60s', min: '1s', max: '30d' }),
  wait: durationOption({
    describe: 'how long to wait for whoever holds it',
    default: '0s',
    min: '0s',
    max: '7d',
  }),
}

export const unlockOptions = {
  steal: flagOption({ describe: 'whoever holds it; that is logged, and told to its holder' }),
}

export const waitOptions = {
  timeout: durationOption({ describe: 'give up after this', default: '30s', min: '0s', max: '30d' }),
}
