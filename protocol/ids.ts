/**
 * Names and numbers that must not be mixed up: each its own branded type, each parsed once at the edge.
 */
import { clientIdBytesMax } from './limits.ts'

declare const brand: unique symbol
/** A `T` that only the parser of `Name` makes. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A configured node: 1 to 32 of `a-z 0-9 -`. */
export type NodeName = Brand<string, 'NodeName'>
/** 32 lower-case hex digits that a node's store makes once. */
export type NodeId = Brand<string, 'NodeId'>
/** 32 lower-case hex digits that the coordinator makes at its first start. */
export type ClusterId = Brand<string, 'ClusterId'>
/** Who asks: `user@host` unless stated otherwise, 1 to 255 bytes without control characters. */
export type ClientId = Brand<string, 'ClientId'>

/** @returns the node's name, or null when `text` is none. */
export function parseNodeName(text: string): NodeName | null {
  return /^[a-z0-9-]{1,32}$/.test(text) ? (text as NodeName) : null
}

/** @returns the client's id, or null when `text` is none. */
export function parseClientId(text: string): ClientId | null {
  if (text === '' || Buffer.byteLength(text) > clientIdBytesMax) return null
  return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? null : (text as ClientId)
}

/** @returns the node id, or null when `text` is not 32 lower-case hex digits. */
export function parseNodeId(text: string): NodeId | null {
  return /^[0-9a-f]{32}$/.test(text) ? (text as NodeId) : null
}

/** @returns the cluster id, or null when `text` is not 32 lower-case hex digits. */
export function parseClusterId(text: string): ClusterId | null {
  return /^[0-9a-f]{32}$/.test(text) ? (text as ClusterId) : null
}

/** 32 lower-case hex digits that a coordinator makes at each start. */
export type Incarnation = Brand<string, 'Incarnation'>
/** 32 lower-case hex digits that a client makes once in its life. */
export type Nonce = Brand<string, 'Nonce'>
/** 32 lower-case hex digits that the coordinator makes for bytes that go ahead of their record. */
export type StageId = Brand<string, 'StageId'>
/** 64 lower-case hex digits: the hash of a record. */
export type RecordHash = Brand<string, 'RecordHash'>

/** @returns the incarnation, or null when `text` is not 32 lower-case hex digits. */
export function parseIncarnation(text: string): Incarnation | null {
  return /^[0-9a-f]{32}$/.test(text) ? (text as Incarnation) : null
}

/** @returns the nonce, or null when `text` is not 32 lower-case hex digits. */
export function parseNonce(text: string): Nonce | null {
  return /^[0-9a-f]{32}$/.test(text) ? (text as Nonce) : null
}

/** @returns the stage's id, or null when `text` is not 32 lower-case hex digits. */
export function parseStageId(text: string): StageId | null {
  return /^[0-9a-f]{32}$/.test(text) ? (text as StageId) : null
}

/** @returns the hash, or null when `text` is not 64 lower-case hex digits. */
export function parseRecordHash(text: string): RecordHash | null {
  return /^[0-9a-f]{64}$/.test(text) ? (text as RecordHash) : null
}
