// What `helm test` runs in a pod with the gateway: it tries to get out. Every way must fail; one that does not ends the test.
import { Resolver } from 'node:dns/promises'
import { createSocket } from 'node:dgram'
import { connect as dial } from 'node:net'
import { connect as dialTls } from 'node:tls'

const SECONDS = 5
const apiServer = { host: process.env.KUBERNETES_SERVICE_HOST, port: Number(process.env.KUBERNETES_SERVICE_PORT) }

/** Each resolves with what came back, or rejects. */
const WAYS = {
  // Any pod of any cluster gets this far; here the gateway answers, to say that it refuses.
  'TLS to the API server by its address': () => someoneElse(dialTls({ ...apiServer, rejectUnauthorized: false })),
  'TCP to an address outside': () =>
    ended(dial({ host: '192.0.2.1', port: 80 }).on('connect', hello), 'data', (bytes) => `${bytes.length} bytes`),
  'UDP to an address outside': () => datagram({ host: '192.0.2.1', port: 123 }),
  'UDP to the API server': () => datagram(apiServer),
  'TLS to the API server by its name': () =>
    someoneElse(dialTls({ ...apiServer, host: 'kubernetes.default.svc', rejectUnauthorized: false })),
  'the name of a Service that no policy opens, asked as usual': () =>
    lookUp([], 'kube-dns.kube-system.svc.cluster.local'),
  'a name outside, asked of a resolver outside over UDP': () => lookUp(['8.8.8.8'], 'example.com'),
}

function hello() {
  this.write('GET / HTTP/1.0\r\n\r\n')
}

async function someoneElse(socket) {
  const issuer = await ended(socket, 'secureConnect', () => socket.getPeerCertificate().issuer?.CN)
  if (/^Sallyport CA /.test(issuer ?? '')) throw new Error('the gateway answers')
  return `a handshake with ${issuer}`
}

function ended(socket, event, told) {
  return new Promise((resolve, reject) => {
    socket.setTimeout(SECONDS * 1000, () => socket.destroy(new Error('nothing came')))
    socket.once(event, (...values) => resolve(told(...values)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  }).finally(() => socket.destroy())
}

function datagram({ host, port }) {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const timer = setTimeout(() => done(reject, new Error('nothing came')), SECONDS * 1000)
    const done = (settle, value) => {
      clearTimeout(timer)
      socket.close()
      settle(value)
    }
    socket.once('message', (bytes) => done(resolve, `${bytes.length} bytes`))
    socket.once('error', (error) => done(reject, error))
    socket.send('out', port, host, (error) => error && done(reject, error))
  })
}

async function lookUp(servers, name) {
  const resolver = new Resolver({ timeout: SECONDS * 1000, tries: 1 })
  if (servers.length > 0) resolver.setServers(servers)
  return (await resolver.resolve4(name)).join(' ')
}

let out = 0
for (const [way, attempt] of Object.entries(WAYS)) {
  try {
    console.log(`OUT   ${way}: ${await attempt()}`)
    out += 1
  } catch (error) {
    console.log(`held  ${way}: ${error.code ?? error.message}`)
  }
}
console.log(out === 0 ? 'Every way out is closed.' : `${out} ways out are open: sallyport doctor says what to look at.`)
process.exitCode = out === 0 ? 0 : 1
