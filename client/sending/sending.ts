/** What the library loads with its first change. */
export { makeChange } from './change.ts'
export { Operations } from './operations.ts'
