// A js-libp2p node that finds others by mDNS, driven like our test host: one JSON object per line. It dials nobody.
// Usage: node discovery.mjs swarm.key
import './polyfill.mjs'
import fs from 'node:fs'
import readline from 'node:readline'
import { identify } from '@libp2p/identify'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const say = line => process.stdout.write(JSON.stringify(line) + '\n')
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionProtector: preSharedKey({ psk: fs.readFileSync(process.argv[2]) }),
  peerDiscovery: [mdns({ interval: 1000 })],
  services: { identify: identify() }
})
node.addEventListener('peer:discovery', ({ detail }) => say({ event: 'discovery', peer: detail.id.toString() }))
say({ event: 'ready', peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) })
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, cmd } = JSON.parse(line)
  if (cmd === 'peers') say({ id, ok: true, connections: node.getConnections().map(connection => ({ peer: connection.remotePeer.toString() })) })
  else say({ id, ok: false, error: { message: `there is no command ${cmd}` } })
}
await node.stop()
