/**
 * Codecs: how one value of a message is written and read back. A message's codec is put together from these,
 * and its type follows from the codec, so that grammar and type cannot drift apart. There are hundreds of
 * codecs, and a program uses few of them: each is one small object, and has its fields when it is used first.
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
  return new LengthAndBytes(bytesMax)
}

class LengthAndBytes implements Codec<Buffer> {
  private readonly bytesMax: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  write(w: ByteWriter, v: Buffer): void {
    w.u32(v.length)
    w.bytes(v)
  }

  read(r: ByteReader): Buffer {
    const length = r.u32()
    if (length > this.bytesMax) throw new ConcurError('BAD_FRAME', 'bytes that are too many')
    return r.bytes(length)
  }
}

/** Exactly so many bytes. */
export function bytesOf(count: number): Codec<Buffer> {
  return new BytesOf(count)
}

class BytesOf implements Codec<Buffer> {
  private readonly count: number

  constructor(count: number) {
    this.count = count
  }

  write(w: ByteWriter, v: Buffer): void {
    w.bytes(v)
  }

  read(r: ByteReader): Buffer {
    return r.bytes(this.count)
  }
}

/** Text of at most `bytesMax` bytes; what is longer is cut when written and refused when read. */
export function text(bytesMax: number): Codec<string> {
  return new BoundedText(bytesMax)
}

class BoundedText implements Codec<string> {
  private readonly bytesMax: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  write(w: ByteWriter, v: string): void {
    w.text(Buffer.byteLength(v) <= this.bytesMax ? v : cut(v, this.bytesMax))
  }

  read(r: ByteReader): string {
    const value = r.text()
    if (Buffer.byteLength(value) > this.bytesMax)
      throw new ConcurError('BAD_FRAME', 'a text that is too long')
    return value
  }
}

/** Text that a parser of our own accepts; the parser's null or error is the peer's mistake. */
export function parsed<T extends string>(parse: (text: string) => T | null): Codec<T> {
  return new Parsed(parse)
}

class Parsed<T extends string> implements Codec<T> {
  private readonly parse: (text: string) => T | null

  constructor(parse: (text: string) => T | null) {
    this.parse = parse
  }

  write(w: ByteWriter, v: T): void {
    w.text(v)
  }

  read(r: ByteReader): T {
    const value = this.parse(r.text())
    if (value === null) throw new ConcurError('BAD_FRAME', 'a name that is none')
    return value
  }
}

/** One of the names, as its place in the list. Names are only ever added at the end. */
export function oneOf<const Names extends readonly string[]>(names: Names): Codec<Names[number]> {
  return new OneOf(names)
}

class OneOf<Name extends string> implements Codec<Name> {
  private readonly names: readonly Name[]

  constructor(names: readonly Name[]) {
    this.names = names
  }

  write(w: ByteWriter, v: Name): void {
    w.u8(this.names.indexOf(v))
  }

  read(r: ByteReader): Name {
    const name = this.names[r.u8()]
    if (name === undefined) throw new ConcurError('BAD_FRAME', 'a choice that is none')
    return name
  }
}

/** A flag, and the value where it is 1. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return new Optional(codec)
}

class Optional<T> implements Codec<T | null> {
  private readonly codec: Codec<T>

  constructor(codec: Codec<T>) {
    this.codec = codec
  }

  write(w: ByteWriter, v: T | null): void {
    w.u8(v === null ? 0 : 1)
    if (v !== null) this.codec.write(w, v)
  }

  read(r: ByteReader): T | null {
    return flag.read(r) ? this.codec.read(r) : null
  }
}

/** A count as u16, and so many values. */
export function list<T>(codec: Codec<T>, countMax: number): Codec<readonly T[]> {
  return new List(codec, countMax)
}

class List<T> implements Codec<readonly T[]> {
  private readonly codec: Codec<T>
  private readonly countMax: number

  constructor(codec: Codec<T>, countMax: number) {
    this.codec = codec
    this.countMax = countMax
  }

  write(w: ByteWriter, values: readonly T[]): void {
    w.u16(values.length)
    for (const value of values) this.codec.write(w, value)
  }

  read(r: ByteReader): readonly T[] {
    const count = r.u16()
    if (count > this.countMax) throw new ConcurError('BAD_FRAME', 'a list that is too long')
    const values: T[] = []
    for (let i = 0; i < count; i++) values.push(this.codec.read(r))
    return values
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
  return new Joined(first, second)
}

class Joined<A extends object, B extends object> implements Codec<A & B> {
  private readonly first: Codec<A>
  private readonly second: Codec<B>

  constructor(first: Codec<A>, second: Codec<B>) {
    this.first = first
    this.second = second
  }

  write(w: ByteWriter, value: A & B): void {
    this.first.write(w, value)
    this.second.write(w, value)
  }

  read(r: ByteReader): A & B {
    return { ...this.first.read(r), ...this.second.read(r) }
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
