// Layers are made once for what goes into them, and kept.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compressLayer, type Layer, REPRODUCIBLE } from './oci.ts'

const run = promisify(execFile)

export const CACHE = join(import.meta.dirname, '../.cache/images')

/** What a layer is made of, in a form that changes when the layer must. */
export type Ingredients = readonly (string | Buffer)[]

/** The layer made earlier of the same ingredients, or a new one. `make` fills the folder, or writes the tar file itself. */
export async function layer(
  name: string,
  ingredients: Ingredients,
  make: (folder: string, tar: string) => Promise<'folder' | 'tar'>,
): Promise<Layer> {
  const kept = join(CACHE, 'layers', `${name}-${digestOf(ingredients)}`)
  const description = `${kept}.json`
  const known = await readFile(description, 'utf8').catch(() => undefined)
  if (known !== undefined) return JSON.parse(known)
  await mkdir(join(CACHE, 'layers'), { recursive: true })
  const scratch = await mkdtemp(join(CACHE, '.layer-'))
  try {
    const tar = join(scratch, 'layer.tar')
    const folder = join(scratch, 'folder')
    await mkdir(folder)
    if ((await make(folder, tar)) === 'folder') await packFolder(folder, tar)
    const made = await compressLayer(tar, join(scratch, 'layer.tar.gz'))
    await rename(made.file, `${kept}.tar.gz`)
    const layer: Layer = { ...made, file: `${kept}.tar.gz` }
    await writeFile(join(scratch, 'layer.json'), JSON.stringify(layer))
    await rename(join(scratch, 'layer.json'), description)
    return layer
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

export function digestOf(ingredients: Ingredients): string {
  const hash = createHash('sha256')
  for (const ingredient of ingredients) hash.update(`${ingredient.length}:`).update(ingredient)
  return hash.digest('hex').slice(0, 20)
}

/** Everything belongs to root and nobody else may write, whatever the umask of the one who builds. */
async function packFolder(folder: string, tar: string): Promise<void> {
  const rights = ['--owner=0', '--group=0', '--mode=u=rwX,go=rX']
  const top = await run('ls', ['-A', folder])
  const entries = top.stdout.split('\n').filter((entry) => entry !== '')
  await run('tar', [...REPRODUCIBLE, ...rights, '-cf', tar, '-C', folder, ...entries])
}
