// After the story: the recording is listed, replayed and verified, and a changed byte is found.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stage } from './stage.ts'
import type { Shown } from './story.ts'
import { must, mustHideSecrets } from './story.ts'

export interface Evidence {
  readonly title: string
  run(stage: Stage): Promise<Shown>
}

export const EVIDENCE: readonly Evidence[] = [
  {
    title: 'The recording is replayed',
    run: async (stage) => {
      const session = await sealedSession(stage)
      const { code, output } = await stage.sallyport('sessions', 'replay', session, '--state', stage.state)
      must(code === 0, `the session replays: ${output}`)
      must(/drop table/i.test(output) && /customers/.test(output), 'the replay shows what the agent sent')
      return {
        did: `./sallyport sessions replay ${session} --state ${stage.state}`,
        got: head(output, 24),
        meaning: 'What the agent sent, without literals, and what it received, masked.',
      }
    },
  },
  {
    title: 'The recording is verified',
    run: async (stage) => {
      const { code, output } = await stage.sallyport('sessions', 'verify', '--state', stage.state)
      must(code === 0, `an untouched recording verifies: ${output}`)
      return {
        did: `./sallyport sessions verify --state ${stage.state}`,
        got: head(output, 8),
        meaning: 'Every batch of records holds a hash of all before it, and checkpoints are signed.',
      }
    },
  },
  {
    title: 'One byte of a copy is changed',
    run: async (stage) => {
      const copy = `${stage.state}-tampered`
      await cp(stage.state, copy, { recursive: true })
      await flipOneByte(copy)
      const { code, output } = await stage.sallyport('sessions', 'verify', '--state', copy)
      must(code !== 0, `the changed byte is found: ${output}`)
      return {
        did: `./sallyport sessions verify --state ${copy}`,
        got: head(output, 8),
        meaning: 'It says which session and which record.',
      }
    },
  },
  {
    title: 'Nothing the gateway wrote holds a protected value',
    run: async (stage) => {
      let bytes = 0
      for (const file of await filesUnder(stage.state)) {
        const text = await readFile(file, 'latin1')
        bytes += text.length
        mustHideSecrets(text, file)
      }
      const audit = await readFile(stage.audit, 'utf8')
      mustHideSecrets(audit, 'the audit trail')
      mustHideSecrets(stage.output(), 'the gateway’s log')
      const events = audit.trim().split('\n')
      const denied = events.filter((line) => /"Deny"/.test(line)).length
      must(denied >= 3, 'the refusals are in the audit trail')
      return {
        did: `grep -r '536-22-8714' ${stage.state} ${stage.audit}`,
        got: [
          `${bytes} bytes of recordings and ${events.length} audit events searched, nothing found; ${denied} events are refusals`,
        ],
        meaning: 'Recordings and audit hold what the agent saw, not what it was kept from.',
      }
    },
  },
]

/** The agent has hung up; its session is sealed a moment later. */
async function sealedSession(stage: Stage): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const { output } = await stage.sallyport('sessions', 'list', '--state', stage.state, '--output', 'json')
    const found = /"session":\s*"([^"]+)"/.exec(output)?.[1]
    if (found !== undefined && /"state":\s*"sealed"/.test(output)) return found
    if (attempt === 20) throw new Error(`no sealed session is listed:\n${output}`)
  }
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** In the middle of the largest recording. */
async function flipOneByte(folder: string): Promise<void> {
  const contents = await Promise.all(
    (await filesUnder(folder)).map(async (file) => ({ file, bytes: await readFile(file) })),
  )
  const [largest] = contents.sort((a, b) => b.bytes.length - a.bytes.length)
  if (!largest) throw new Error(`nothing is recorded in ${folder}`)
  const middle = largest.bytes.length >> 1
  largest.bytes.writeUInt8(largest.bytes.readUInt8(middle) ^ 1, middle)
  await writeFile(largest.file, largest.bytes)
}

function head(output: string, count: number): readonly string[] {
  const lines = output.trimEnd().split('\n')
  return lines.length <= count ? lines : [...lines.slice(0, count), `… ${lines.length - count} more lines`]
}
