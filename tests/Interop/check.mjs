// Our node against js-libp2p, in a minute: both dial, networks that match, differ or are missing, identify, ping, gossip both
// ways, 64 MiB through one stream each way. Usage: node check.mjs "dotnet …/Vault.Libp2p.TestHost.dll"
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { multiaddr } from '@multiformats/multiaddr'
import { agentOf, assert, check, finish, js as start, newKey, refused, until, within } from './peers.mjs'

const command = process.argv[2]
if (command == null) { console.error('usage: node check.mjs "command that starts the test host"'); process.exit(2) }
const topic = 'interop'
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-interop-'))
const key = newKey()
const js = options => start({ psk: key, ...options })
const keyFile = path.join(dir, 'swarm.key')
fs.writeFileSync(keyFile, key)

// The host speaks one JSON object per line.
const host = spawn(`${command} --psk ${keyFile}`, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] })
const events = []; const answers = new Map(); let lastId = 0
readline.createInterface({ input: host.stdout }).on('line', line => {
  const message = JSON.parse(line)
  if (message.event) events.push(message)
  else answers.get(message.id)?.(message)
})
const ask = (cmd, fields = {}) => within(new Promise((resolve, reject) => {
  const id = ++lastId
  answers.set(id, answer => answer.ok ? resolve(answer) : reject(new Error(answer.error.message)))
  host.stdin.write(JSON.stringify({ id, cmd, ...fields }) + '\n')
}), 60000, cmd)

const ready = await until(() => events.find(e => e.event === 'ready'), 'the test host is ready')
const address = multiaddr(ready.addrs[0])
let dialer

await check('js dials us, identifies and pings', async () => {
  dialer = await js()
  const connection = await dialer.dial(address)
  assert(connection.remotePeer.toString() === ready.peerId, 'another peer id')
  const agent = await agentOf(dialer, connection.remotePeer)
  assert(agent.startsWith('vault'), `agent ${agent}`)
  return `ping ${await dialer.services.ping.ping(address)} ms`
})
await check('we dial js and ping', async () => {
  const listener = await js({ listen: true })
  const peer = listener.getMultiaddrs()[0].toString()
  await ask('dial', { addr: peer })
  const told = await ask('identify', { peer: listener.peerId.toString() })
  await ask('ping', { peer, count: 3 })
  return told.agentVersion
})
await check('another private network, or none, is refused both ways', async () => {
  for (const psk of [newKey(), null]) {
    const stranger = await js({ psk, listen: true })
    await refused(stranger.dial(address, { signal: AbortSignal.timeout(3000) }), 'their dial')
    await refused(ask('dial', { addr: stranger.getMultiaddrs()[0].toString(), timeout: 3000 }), 'our dial')
  }
})
await check('gossip passes both ways', async () => {
  const node = await js({ pubsub: true })
  const got = []
  node.services.pubsub.addEventListener('message', ({ detail }) => got.push(Buffer.from(detail.data).toString()))
  node.services.pubsub.subscribe(topic)
  await ask('subscribe', { topic })
  await node.dial(address)
  await until(() => node.services.pubsub.getMeshPeers(topic).includes(ready.peerId), 'we are in their mesh')
  const theirs = randomUUID(); const ours = randomUUID()
  await node.services.pubsub.publish(topic, new TextEncoder().encode(theirs))
  await until(() => events.some(e => e.event === 'message' && Buffer.from(e.data, 'base64').toString() === theirs), 'their message at ours')
  await ask('publish', { topic, data: Buffer.from(ours).toString('base64') })
  await until(() => got.includes(ours), 'our message at theirs')
})
for (const [what, up, down] of [['up', 64 << 20, 0], ['down', 0, 64 << 20]]) {
  await check(`64 MiB through one stream, ${what}`, async () => {
    const stream = await dialer.dialProtocol(address, '/perf/1.0.0')
    const head = Buffer.alloc(8); head.writeBigUInt64BE(BigInt(down))
    let received = 0
    const reading = (async () => { for await (const piece of stream) received += piece.byteLength })()
    const send = async bytes => { if (!stream.send(bytes)) await stream.onDrain() }
    const startedAt = performance.now()
    await send(head)
    const chunk = Buffer.alloc(65536, 7)
    for (let sent = 0; sent < up; sent += chunk.length) await send(chunk)
    await stream.close()
    await reading
    assert(received === down, `${received} of ${down} bytes came back`)
    return `${Math.round((64 << 20) / 1e3 / (performance.now() - startedAt))} MB/s`
  })
}

host.stdin.end()
const code = await finish()
fs.rmSync(dir, { recursive: true, force: true })
process.exit(code)
