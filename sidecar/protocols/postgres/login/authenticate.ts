// How an agent shows who it is, between its StartupMessage and our AuthenticationOk (which `welcome` sends).
//
// Mostly not at all: the pod is its identity. A Connection with `agentPassword` asks for that by SCRAM, because some clients
// insist on a server that does. Where a policy asks for an OIDC token, the password field carries it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { User } from '#sidecar/identity/agent.ts'
import { TokenRefused } from '#sidecar/identity/oidc.ts'
import { ChunkReader } from '#sidecar/net/chunk-reader.ts'
import { serverEndPoint } from '../scram/channel-binding.ts'
import type { ScramKeyCache } from '../scram/keys.ts'
import { ScramRefusal, ScramServer } from '../scram/server.ts'
import { PostgresFault, protocolViolation } from '../wire/fault.ts'
import { type LoginMessage, MessageReader } from '../wire/message-reader.ts'
import {
  authenticationCleartextPassword,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from '../wire/server-messages.ts'
import { sayFatal } from './farewell.ts'
import type { Hello } from './hello.ts'
import { isLoopback } from './loopback.ts'

export type AgentLogin =
  | { readonly kind: 'none' }
  /** `salt` is the gateway's own, drawn once, so that the keys are derived once. */
  | { readonly kind: 'password'; readonly password: string; readonly salt: Buffer; readonly scramKeys: ScramKeyCache }
  /** `verify` rejects with TokenRefused, whose words the agent may see. */
  | {
      readonly kind: 'token'
      readonly verify: (token: string) => Promise<User>
      /** What who gives no token has to give instead. */
      readonly password?: string | undefined
    }

export interface Authenticated {
  /** The person behind the agent, if a valid token was given. */
  readonly user: User | undefined
  /** What the agent has sent behind its last answer. */
  readonly rest: Buffer
}

const MILLISECONDS = 30_000
/** PG_MAX_AUTH_TOKEN_LENGTH in PostgreSQL's auth.c; tokens of people in many groups are long. */
const LONGEST_TOKEN = 65_535
/** PG_MAX_SASL_MESSAGE_LENGTH. */
const LONGEST_SASL = 1_024
const ITERATIONS = 4_096

export async function authenticateAgent(hello: Hello, login: AgentLogin): Promise<Authenticated> {
  if (login.kind === 'none') return nobody(hello)
  // A token must not cross a wire in the clear; then the agent is simply nobody in particular, and policy decides.
  if (login.kind === 'token' && !hello.tls && !isLoopback(hello.socket)) return withoutToken(hello, login)
  const chunks = new ChunkReader(hello.socket, {
    milliseconds: MILLISECONDS,
    late: () => new PostgresFault({ sqlstate: '57014', message: 'canceling authentication due to timeout' }),
  })
  const longest = login.kind === 'token' ? LONGEST_TOKEN : LONGEST_SASL
  const messages = new MessageReader(chunks, () => longest, hello.rest)
  try {
    const user = login.kind === 'token' ? await askToken(hello, messages, login) : undefined
    if (login.kind === 'password') await askPassword(hello, messages, login)
    return { user, rest: messages.rest }
  } catch (error) {
    const fault = asFault(error)
    chunks.release()
    await sayFatal(hello.socket, fault)
    throw fault
  } finally {
    chunks.release()
  }
}

function withoutToken(hello: Hello, { password }: AgentLogin & { kind: 'token' }): Authenticated {
  if (password === undefined) return nobody(hello)
  throw new PostgresFault({
    sqlstate: '28000',
    message: 'a token or password is asked for, and this connection is not encrypted',
    hint: 'Connect with TLS (sslmode=require or stronger).',
  })
}

function nobody(hello: Hello): Authenticated {
  return { user: undefined, rest: hello.rest }
}

async function askToken(
  hello: Hello,
  messages: MessageReader,
  login: AgentLogin & { kind: 'token' },
): Promise<User | undefined> {
  hello.socket.write(authenticationCleartextPassword())
  const { body } = await answer(messages)
  if (body.indexOf(0) !== body.length - 1) throw protocolViolation('invalid password packet size')
  const password = body.toString('utf8', 0, body.length - 1)
  // Drivers have a password in their connection string that means nothing here; only what looks like a token is judged. Who reads it
  // from a file brings the end of the line along.
  const token = password.trim()
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    if (login.password !== undefined && !same(password, login.password)) throw wrongPassword(hello)
    return undefined
  }
  try {
    return await login.verify(token)
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error
    const message = `the identity token was refused: ${error.message}`
    throw new PostgresFault({ sqlstate: '28000', message, hint: error.hint }, { cause: error })
  }
}

async function askPassword(
  hello: Hello,
  messages: MessageReader,
  login: AgentLogin & { kind: 'password' },
): Promise<void> {
  const { password, salt, scramKeys } = login
  const keys = await scramKeys.keys(password, salt, ITERATIONS)
  const certificate = hello.tls?.getX509Certificate()?.raw
  const scram = new ScramServer({ keys, salt, iterations: ITERATIONS }, certificate && serverEndPoint(certificate))
  try {
    hello.socket.write(authenticationSasl(scram.mechanisms))
    const { mechanism, data } = readInitialResponse((await answer(messages)).body)
    hello.socket.write(authenticationSaslContinue(scram.first(mechanism, data)))
    hello.socket.write(authenticationSaslFinal(scram.final((await answer(messages)).body.toString('utf8'))))
  } catch (error) {
    if (!(error instanceof ScramRefusal)) throw error
    if (error.kind === 'malformed') throw protocolViolation(error.message)
    throw wrongPassword(hello)
  }
}

function wrongPassword(hello: Hello): PostgresFault {
  return new PostgresFault({
    sqlstate: '28P01',
    message: `password authentication failed for user "${hello.user}"`,
    hint: "The gateway asks for its own agentPassword here, not for the database's password.",
  })
}

/** Takes as long whatever is wrong. */
function same(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}

async function answer(messages: MessageReader): Promise<LoginMessage> {
  const message = await messages.next()
  if (!message) throw new PostgresFault({ sqlstate: '08006', message: 'the client closed the connection during login' })
  if (message.type !== 'p') {
    throw protocolViolation(`expected a password response, got message type ${message.bytes[0]}`)
  }
  return message
}

/** SASLInitialResponse: mechanism, length (-1: none), data. */
function readInitialResponse(body: Buffer): { mechanism: string; data: string } {
  const end = body.indexOf(0)
  if (end < 0 || body.length < end + 5 || body.readInt32BE(end + 1) !== body.length - end - 5) {
    throw protocolViolation('invalid SASL initial response')
  }
  return { mechanism: body.toString('latin1', 0, end), data: body.toString('utf8', end + 5) }
}

function asFault(error: unknown): PostgresFault {
  if (error instanceof PostgresFault) return error
  if (error instanceof RangeError) return protocolViolation(`invalid login message: ${error.message}`)
  return new PostgresFault({ sqlstate: '08006', message: 'the connection broke during login' }, { cause: error })
}
