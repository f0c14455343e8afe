// Where a command reads and writes. The process's own streams, or a test's.
interface Output {
  write(text: string): unknown
}

/** For commands that read nothing. */
export interface Outputs {
  readonly stdout: Output
  readonly stderr: Output
}

export interface Io extends Outputs {
  readonly stdin: NodeJS.ReadableStream
}
