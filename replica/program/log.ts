/**
 * What a class of a server says about its work. `fields` are for programs that read the log, `message` for people;
 * errors go in as `err`. Neither ever holds a secret or a file's content.
 */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
