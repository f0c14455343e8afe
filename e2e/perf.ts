import { startPostgres } from '#e2e/postgres/embedded.ts'
import { ALLOW_ALL, startGateway } from '#e2e/postgres/gateway.ts'

const server = await startPostgres({ version: 15, settings: { max_connections: '200' } })
const gw = await startGateway({
  upstream: { host: server.host, port: server.port, user: server.superuser, password: server.password },
  policies: [ALLOW_ALL],
})
console.log(`gateway ${gw.port} server ${server.port} pid ${gw.processId} pw ${server.password} ${gw.state}`)
setInterval(() => {}, 1000)
