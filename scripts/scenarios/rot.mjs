// Changes one byte of a file through a memory map: node rot.mjs FILE POSITION. On a file system in memory no time of the
// file moves by that, as on a disk whose bytes decay.
import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'

const [file, typed] = process.argv.slice(2)
const position = Number(typed)
const pageBytes = 4096
const readWrite = 3
const shared = 1

const libc = koffi.load('libc.so.6')
const mmap = libc.func('void *mmap(void *at, size_t length, int protection, int flags, int fd, int64 offset)')
const munmap = libc.func('int munmap(void *at, size_t length)')

const fd = openSync(file, 'r+')
const page = Math.floor(position / pageBytes) * pageBytes
const map = mmap(null, pageBytes, readWrite, shared, fd, page)
koffi.encode(map, position - page, 'uint8', koffi.decode(map, position - page, 'uint8') ^ 1)
munmap(map, pageBytes)
closeSync(fd)
