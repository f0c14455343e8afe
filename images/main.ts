// `make images`: builds the images that are named, or all of them, into .cache/images.
import { relative } from 'node:path'
import { about, buildImage, IMAGE_NAMES, isImageName, reference } from './images.ts'

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !isImageName(name))
  if (unknown !== undefined) {
    console.error(`make images: no image is called ${unknown}; there are:`)
    for (const name of IMAGE_NAMES) console.error(`  ${name.padEnd(24)} ${about(name)}`)
    return 2
  }
  for (const name of names.length > 0 ? names.filter(isImageName) : IMAGE_NAMES) {
    const began = Date.now()
    const archive = await buildImage(name)
    const seconds = ((Date.now() - began) / 1000).toFixed(1)
    console.log(`${relative(process.cwd(), archive)}  ${reference(name)}  ${seconds} s`)
  }
  return 0
}

process.exitCode = await main(process.argv.slice(2))
