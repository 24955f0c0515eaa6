/**
 * Codecs: how one value of a message is written and read back. A message's codec is put together from these,
 * and its type follows from the codec, so that grammar and type cannot drift apart. There are hundreds, and a program
 * uses few of them: structs and unions have their fields when they are used first.
 */
import type { ByteReader, ByteWriter } from './bytes.ts'
import { ConcurError } from './errors.ts'

export interface Codec<T> {
  write(writer: ByteWriter, value: T): void
  /** @throws ConcurError BAD_FRAME when the bytes are no `T`. */
  read(reader: ByteReader): T
}

/** The type of the values of a codec. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never

export const u8: Codec<number> = { write: (w, v) => w.u8(v), read: r => r.u8() }
export const u16: Codec<number> = { write: (w, v) => w.u16(v), read: r => r.u16() }
export const u32: Codec<number> = { write: (w, v) => w.u32(v), read: r => r.u32() }
export const u64: Codec<number> = { write: (w, v) => w.u64(v), read: r => r.u64() }

export const flag: Codec<boolean> = {
  write: (w, v) => w.u8(v ? 1 : 0),
  read(r) {
    const value = r.u8()
    if (value > 1) throw new ConcurError('BAD_FRAME', 'a flag that is neither 0 nor 1')
    return value === 1
  },
}

/** Bytes behind their length as u32, at most `bytesMax` of them. */
export function blob(bytesMax: number): Codec<Buffer> {
  return {
    write(w, v) {
      w.u32(v.length)
      w.bytes(v)
    },
    read(r) {
      const length = r.u32()
      if (length > bytesMax) throw new ConcurError('BAD_FRAME', 'bytes that are too many')
      return r.bytes(length)
    },
  }
}

/** Exactly so many bytes. */
export function bytesOf(count: number): Codec<Buffer> {
  return { write: (w, v) => w.bytes(v), read: r => Buffer.from(r.bytes(count)) }
}

/** Text of at most `bytesMax` bytes; what is longer is cut when written and refused when read. */
export function text(bytesMax: number): Codec<string> {
  return {
    write: (w, v) => w.text(Buffer.byteLength(v) <= bytesMax ? v : cut(v, bytesMax)),
    read(r) {
      const value = r.text()
      if (Buffer.byteLength(value) > bytesMax) throw new ConcurError('BAD_FRAME', 'a text that is too long')
      return value
    },
  }
}

/** Text that a parser of our own accepts; the parser's null or error is the peer's mistake. */
export function parsed<T extends string>(parse: (text: string) => T | null): Codec<T> {
  return {
    write: (w, v) => w.text(v),
    read(r) {
      const value = parse(r.text())
      if (value === null) throw new ConcurError('BAD_FRAME', 'a name that is none')
      return value
    },
  }
}

/** One of the names, as its place in the list. Names are only ever added at the end. */
export function oneOf<const Names extends readonly string[]>(names: Names): Codec<Names[number]> {
  return {
    write: (w, v) => w.u8(names.indexOf(v)),
    read(r) {
      const name = names[r.u8()]
      if (name === undefined) throw new ConcurError('BAD_FRAME', 'a choice that is none')
      return name
    },
  }
}

/** A flag, and the value where it is 1. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write(w, v) {
      w.u8(v === null ? 0 : 1)
      if (v !== null) codec.write(w, v)
    },
    read: r => (flag.read(r) ? codec.read(r) : null),
  }
}

/** A count as u16, and so many values. */
export function list<T>(codec: Codec<T>, countMax: number): Codec<readonly T[]> {
  return {
    write(w, values) {
      w.u16(values.length)
      for (const value of values) codec.write(w, value)
    },
    read(r) {
      const count = r.u16()
      if (count > countMax) throw new ConcurError('BAD_FRAME', 'a list that is too long')
      const values: T[] = []
      for (let i = 0; i < count; i++) values.push(codec.read(r))
      return values
    },
  }
}

type Fields = Record<string, Codec<never>>
type AnyFields = Record<string, Codec<unknown>>
type StructOf<F> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** The fields one after the other, in the order in which they stand. */
export function struct<F extends Fields | AnyFields>(fields: () => F): Codec<StructOf<F>> {
  return new Struct(fields as () => AnyFields) as Codec<unknown> as Codec<StructOf<F>>
}

class Struct implements Codec<Record<string, unknown>> {
  private readonly fields: () => AnyFields
  private names: readonly string[] | null = null
  private codecs: readonly Codec<unknown>[] = []

  constructor(fields: () => AnyFields) {
    this.fields = fields
  }

  write(w: ByteWriter, value: Record<string, unknown>): void {
    const names = this.names ?? this.make()
    for (let i = 0; i < names.length; i++) this.codecs[i]!.write(w, value[names[i]!])
  }

  read(r: ByteReader): Record<string, unknown> {
    const names = this.names ?? this.make()
    const record: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) record[names[i]!] = this.codecs[i]!.read(r)
    return record
  }

  private make(): readonly string[] {
    const fields = this.fields()
    this.codecs = Object.values(fields)
    this.names = Object.keys(fields)
    return this.names
  }
}

/** The fields of one behind those of the other. */
export function joined<A extends object, B extends object>(first: Codec<A>, second: Codec<B>): Codec<A & B> {
  return {
    write(w, value) {
      first.write(w, value)
      second.write(w, value)
    },
    read: r => ({ ...first.read(r), ...second.read(r) }),
  }
}

type UnionOf<Tag extends string, C> = {
  [K in keyof C]: { readonly [T in Tag]: K } & ValueOf<C[K]>
}[keyof C]

/** A tag as its place in the table (u8), and the fields that belong to it. Cases are only ever added at the end. */
export function union<Tag extends string, C extends Record<string, Codec<object> | Codec<never>>>(
  tag: Tag,
  cases: () => C,
): Codec<UnionOf<Tag, C>> {
  return new Union(tag, cases as () => AnyFields) as Codec<unknown> as Codec<UnionOf<Tag, C>>
}

class Union implements Codec<Record<string, unknown>> {
  private readonly tag: string
  private readonly cases: () => AnyFields
  private made: { readonly byName: AnyFields; readonly names: Codec<string> } | null = null

  constructor(tag: string, cases: () => AnyFields) {
    this.tag = tag
    this.cases = cases
  }

  write(w: ByteWriter, value: Record<string, unknown>): void {
    const { byName, names } = this.table()
    const name = value[this.tag] as string
    names.write(w, name)
    byName[name]!.write(w, value)
  }

  read(r: ByteReader): Record<string, unknown> {
    const { byName, names } = this.table()
    const name = names.read(r)
    const value = byName[name]!.read(r) as Record<string, unknown>
    value[this.tag] = name
    return value
  }

  private table(): { readonly byName: AnyFields; readonly names: Codec<string> } {
    if (this.made === null) {
      const byName = this.cases()
      this.made = { byName, names: oneOf(Object.keys(byName)) }
    }
    return this.made
  }
}

function cut(value: string, bytesMax: number): string {
  const bytes = Buffer.from(value)
  let end = bytesMax - 3
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}…`
}
