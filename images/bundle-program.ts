// What the Dockerfiles run: bundles an entry point into a folder.
import { bundle } from './bundle.ts'

const [entry, folder] = process.argv.slice(2)
if (entry === undefined || folder === undefined) {
  console.error('usage: images/bundle-program.ts ENTRY FOLDER')
  process.exitCode = 2
} else {
  await bundle(entry, folder)
}
