// The layers of our own programs: Node, and a bundle in /app.
import { copyFile, glob, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundle } from './bundle.ts'
import { layer } from './layers.ts'
import type { Layer } from './oci.ts'

export const NODE = '/usr/local/bin/node'
export const APP = '/app'

/** The Node that everything here is tested with, from the npm package. */
export async function nodeLayer(): Promise<Layer> {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('node/package.json')
  const binary = join(dirname(manifest), 'bin/node')
  return layer('node', ['node 1', process.arch, await readFile(manifest)], async (folder) => {
    await mkdir(join(folder, dirname(NODE)), { recursive: true })
    await copyFile(binary, join(folder, NODE))
    return 'folder'
  })
}

/** The bundle of an entry point. It is made each time, and packed if it is not what it was. */
export async function programLayer(name: string, entry: string): Promise<Layer> {
  const scratch = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'))
  try {
    await bundle(entry, join(scratch, APP))
    const files: string[] = []
    for await (const file of glob('**/*', { cwd: scratch, withFileTypes: true }))
      if (file.isFile()) files.push(join(file.parentPath, file.name))
    files.sort()
    const contents = await Promise.all(files.map((file) => readFile(file)))
    const ingredients = [
      'program 1',
      ...files.flatMap((file, index) => [file.slice(scratch.length), contents[index] ?? '']),
    ]
    return await layer(name, ingredients, async (folder) => {
      for (const file of files) {
        const target = join(folder, file.slice(scratch.length))
        await mkdir(dirname(target), { recursive: true })
        await copyFile(file, target)
      }
      return 'folder'
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
