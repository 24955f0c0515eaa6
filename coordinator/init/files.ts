/** Files as `init` writes them: whole or not at all, and what is secret for its owner alone. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const privateFolder = 0o700
const privateFile = 0o600
const openFile = 0o644

export class InitFolder {
  private readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  /** @returns the names in the folder; null where there is none. */
  names(): string[] | null {
    try {
      return readdirSync(this.dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  /** @returns null where there is no such file. */
  read(name: string): string | null {
    try {
      return readFileSync(join(this.dir, name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  writeSecret(name: string, text: string): void {
    this.write(name, text, privateFile)
  }

  writeOpen(name: string, text: string): void {
    this.write(name, text, openFile)
  }

  /** Returns when the file is on the disk. */
  private write(name: string, text: string, mode: number): void {
    const file = join(this.dir, name)
    mkdirSync(dirname(file), { recursive: true, mode: privateFolder })
    const fresh = `${file}.new`
    rmSync(fresh, { force: true })
    const fd = openSync(fresh, 'wx', mode)
    try {
      writeSync(fd, text)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(fresh, file)
    flushFolder(dirname(file))
  }
}

function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
