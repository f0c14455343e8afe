// The startup parameter `options`: a command line for the server, here read as a list of settings.
//
// It is never forwarded as it is. Each setting in it is one that the agent asks for and policy decides, as if the agent
// had sent SET. PostgreSQL splits it in pg_split_opts (white space separates, a backslash takes the next character as it
// is) and reads it with getopt in process_postgres_switches; of those switches only `-c` and `--` set a setting.
import { PostgresFault } from '../wire/fault.ts'

export interface Setting {
  /** Lower case: the server does not tell names apart by case. */
  readonly name: string
  readonly value: string
}

export function parseOptions(text: string): readonly Setting[] {
  const words = splitWords(text)
  const settings: Setting[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word.startsWith('--') && word.length > 2) {
      settings.push(readSetting(word.slice(2), word))
    } else if (word === '-c') {
      at++
      settings.push(readSetting(words[at] ?? '', '-c'))
    } else if (word.startsWith('-c')) {
      settings.push(readSetting(word.slice(2), '-c'))
    } else {
      throw new PostgresFault({
        sqlstate: '42601',
        message: `startup option "${word.slice(0, 64)}" is not allowed through this gateway`,
        hint: 'Only -c name=value and --name=value are.',
      })
    }
  }
  return settings
}

function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let inWord = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (isSpace(character)) {
      if (inWord) words.push(word)
      word = ''
      inWord = false
      continue
    }
    inWord = true
    if (character === '\\') {
      // At the very end a backslash stands for nothing.
      at++
      word += text[at] ?? ''
    } else {
      word += character
    }
  }
  if (inWord) words.push(word)
  return words
}

/** isspace() in the C locale. */
function isSpace(character: string): boolean {
  return character === ' ' || (character >= '\t' && character <= '\r')
}

function readSetting(text: string, option: string): Setting {
  const equals = text.indexOf('=')
  if (equals <= 0) {
    throw new PostgresFault({ sqlstate: '42601', message: `startup option ${option.slice(0, 64)} requires name=value` })
  }
  // ParseLongOption: dashes in the name stand for underscores.
  return { name: text.slice(0, equals).replaceAll('-', '_').toLowerCase(), value: text.slice(equals + 1) }
}
