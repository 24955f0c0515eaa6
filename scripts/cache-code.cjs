/**
 * cache-code.cjs BUNDLE ARGUMENT…: runs a bundle of the client once, as given by the arguments, and keeps what V8 has
 * compiled for it beside the bundle, what was kept before included.
 */
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { loadBundle } = require('../dist/client.cjs')

const dist = join(__dirname, '../dist')
const [name] = process.argv.splice(2, 1)
const { script, run } = loadBundle(dist, name)
process.on('exit', () => writeFileSync(join(dist, `${name}.cache`), script.createCachedData()))
run()
