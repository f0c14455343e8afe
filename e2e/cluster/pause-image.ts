// The image of the process that holds a pod's namespaces.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compressLayer, REPRODUCIBLE, writeArchive } from '#images/oci.ts'
import { PAUSE_IMAGE } from './node.ts'

export async function pauseArchive(binaries: string): Promise<string> {
  const archive = join(binaries, 'pause.oci.tar')
  if (existsSync(archive)) return archive
  const scratch = mkdtempSync(join(binaries, '.pause-'))
  try {
    const tar = join(scratch, 'layer.tar')
    execFileSync('tar', [...REPRODUCIBLE, '--owner=0', '--group=0', '-cf', tar, '-C', binaries, 'pause'])
    const layer = await compressLayer(tar, join(scratch, 'layer.tar.gz'))
    await writeArchive(archive, {
      name: PAUSE_IMAGE,
      layers: [layer],
      execution: { Entrypoint: ['/pause'], User: '65535' },
    })
    return archive
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
