/** What the client's bundles are made of. */

/** A bundle's name and its main. */
export const clientBundles = {
  'client-reads': 'client/reads/main.ts',
  'client-whole': 'client/main.ts',
} as const

/** What a command that reads never loads, and its bundle does without. As it is imported. */
export const notForReads = [
  './foreground.ts',
  './help.ts',
  './reading/ask-content.ts',
  './reading/ask-examine.ts',
  './reading/ask-past.ts',
  './reading/ask-wait.ts',
  './reading/follow-log.ts',
  './reading/history-rows.ts',
  './reading/verify-rows.ts',
  './sending/locking.ts',
  './sending/pieces.ts',
  './sending/sending.ts',
  './terminal/read-line.ts',
]
