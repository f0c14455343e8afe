// Whether the peer is on this machine (or in this pod), so that nobody else can read the wire.
import { BlockList, isIPv6, type Socket } from 'node:net'

export function isLoopback(socket: Socket): boolean {
  const address = socket.remoteAddress
  if (address === undefined) return false
  return loopback().check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function loopback(): BlockList {
  const list = new BlockList()
  list.addSubnet('127.0.0.0', 8, 'ipv4')
  list.addAddress('::1', 'ipv6')
  list.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')
  return list
}
