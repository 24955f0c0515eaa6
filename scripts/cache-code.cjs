/** Runs the client's bundle once, as given by the arguments, and keeps what V8 compiled for it beside the bundle. */
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { loadBundle } = require('../dist/client.cjs')

const dist = join(__dirname, '../dist')
const { script, run } = loadBundle(dist)
process.on('exit', () => writeFileSync(join(dist, 'client-bundle.cache'), script.createCachedData()))
run()
