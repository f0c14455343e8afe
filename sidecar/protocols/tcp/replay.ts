// Recordings of connections that were passed through hold no payload, and say so to whoever replays one.
import type { RecordingDecoder } from '#contracts/recording/decoder.ts'

export const MEDIA_TYPE = 'application/vnd.sallyport.tcp'

export const decoder: RecordingDecoder = {
  mediaType: MEDIA_TYPE,
  response: (bytes) => ({ columns: [], rows: [], notes: [`${bytes.length} bytes were passed through and not kept`] }),
  parameters: () => [],
}
