// Where audit lines go.
import { open } from 'node:fs/promises'
import { errorCode, systemReason } from '#sidecar/system-reason.ts'
import { writeOnce } from '#sidecar/write-once.ts'

export interface AuditSink {
  /** Rejects if any of it may not have been written. */
  write(lines: Buffer): Promise<void>
  close(): Promise<void>
}

/** `-` is standard output; anything else a file that is appended to. Errors complete the sentence that begins with its name. */
export async function openAuditSink(target: string): Promise<AuditSink> {
  return target === '-' ? streamSink(process.stdout) : await fileSink(target)
}

export function streamSink(stream: NodeJS.WritableStream): AuditSink {
  // A reader that went away (EPIPE) is told to every write's callback; unheard, the event would end the gateway.
  stream.on('error', () => undefined)
  return {
    write: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(lines, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => Promise.resolve(),
  }
}

async function fileSink(path: string): Promise<AuditSink> {
  const file = await open(path, 'a', 0o600).catch((error) => {
    throw new Error(whyNot(error), { cause: error })
  })
  return {
    async write(lines) {
      for (let done = 0; done < lines.length; ) {
        done += await writeOnce(file.fd, lines, done, lines.length - done, null)
      }
    },
    close: () => file.close(),
  }
}

function whyNot(error: unknown): string {
  const code = errorCode(error)
  if (code === 'ENOENT') return 'the directory does not exist'
  return code === 'EISDIR' ? 'is a directory, not a file' : `cannot be written: ${systemReason(error)}`
}
