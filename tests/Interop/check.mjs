// Our node against js-libp2p, in a minute: both dial, networks that match, differ or are missing, identify, ping, gossip both
// ways, 64 MiB through one stream each way. Usage: node check.mjs "dotnet …/Vault.Libp2p.TestHost.dll"
import './polyfill.mjs'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const command = process.argv[2]
if (command == null) { console.error('usage: node check.mjs "command that starts the test host"'); process.exit(2) }
const topic = 'interop'
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-interop-'))
const newKey = () => new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`)
const key = newKey()
const keyFile = path.join(dir, 'swarm.key')
fs.writeFileSync(keyFile, key)

const within = (promise, ms, what) => Promise.race([promise, new Promise((resolve, reject) => setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms).unref())])
const until = async (test, what) => { for (let i = 0; i < 500; i++) { const value = await test(); if (value) return value; await new Promise(resolve => setTimeout(resolve, 20)) } throw new Error(`never happened: ${what}`) }
const assert = (condition, what) => { if (!condition) throw new Error(what) }

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

const nodes = []
async function js ({ psk = key, listen = false, pubsub = false } = {}) {
  const node = await createLibp2p({
    addresses: { listen: listen ? ['/ip4/127.0.0.1/tcp/0'] : [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(psk ? { connectionProtector: preSharedKey({ psk }) } : {}),
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping({ timeout: 30000 }), ...(pubsub ? { pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } }) } : {}) }
  })
  nodes.push(node)
  return node
}

const results = []
async function check (name, body) {
  const startedAt = performance.now()
  try { const note = await within(body(), 90000, name); results.push(true); console.log(`pass  ${name}  [${Math.round(performance.now() - startedAt)} ms${note ? ', ' + note : ''}]`) } catch (e) { results.push(false); console.log(`FAIL  ${name}: ${e.message}`) }
}
const refused = async (promise, what) => { try { await promise } catch { return } throw new Error(`${what} was not refused`) }

const ready = await until(() => events.find(e => e.event === 'ready'), 'the test host is ready')
const address = multiaddr(ready.addrs[0])
let dialer

await check('js dials us, identifies and pings', async () => {
  dialer = await js()
  const connection = await dialer.dial(address)
  assert(connection.remotePeer.toString() === ready.peerId, 'another peer id')
  // js identifies every connection by itself and puts the answer into its peer store.
  const told = await until(async () => (await dialer.peerStore.get(connection.remotePeer)).metadata.get('AgentVersion'), 'identify')
  assert(Buffer.from(told).toString().startsWith('vault'), `agent ${told}`)
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
await Promise.allSettled(nodes.map(node => node.stop()))
fs.rmSync(dir, { recursive: true, force: true })
const failed = results.filter(passed => !passed).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
