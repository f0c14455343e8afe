// Writes the check of this protocol's settings (`make generate`). `--check` changes nothing and fails if it is out of date.
import { checksSource } from '#crds/compile-checks.ts'
import { writeGenerated } from '#crds/write-generated.ts'
import { SETTINGS } from './settings.ts'

const { js, types } = checksSource({ settings: SETTINGS })
writeGenerated(import.meta.url, { 'settings.gen.js': js, 'settings.gen.d.ts': types }, import.meta.filename)
