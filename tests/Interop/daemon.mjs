// The real daemon against js-libp2p: a js node that has the swarm key is a peer among others, gossip of a topic passes through the
// daemon, and whoever is in no vault gets not a byte of one. Usage: node daemon.mjs path/to/vault
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { multiaddr } from '@multiformats/multiaddr'
import { agentOf, assert, check, finish, js, newKey, refused, until, within } from './peers.mjs'

const vault = process.argv[2]
if (vault == null) { console.error('usage: node daemon.mjs path/to/vault'); process.exit(2) }
const topic = 'interop'
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-interop-'))
const daemon = spawn(vault, ['--data', dir, 'daemon', 'run', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--api', '127.0.0.1:0', '--topic', topic, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
const ready = JSON.parse(await within(new Promise(resolve => readline.createInterface({ input: daemon.stdout }).once('line', resolve)), 60000, 'the start'))
const type = (...words) => execFileSync(vault, ['--data', dir, ...words])
type('create', 'secret')
const psk = type('swarm-key', 'show', '--reveal')
const address = multiaddr(ready.listen[0])

await check('js dials the daemon, identifies and pings', async () => {
  const node = await js({ psk })
  const connection = await node.dial(address)
  assert(connection.remotePeer.toString() === ready.peer, 'another peer id')
  const agent = await agentOf(node, connection.remotePeer)
  assert(agent.startsWith('vault/'), `agent ${agent}`)
  return `ping ${await node.services.ping.ping(address)} ms`
})
await check('another private network, or none, is refused by the daemon', async () => {
  for (const other of [newKey(), null]) await refused((await js({ psk: other })).dial(address, { signal: AbortSignal.timeout(3000) }), 'their dial')
})
await check('gossip of a topic passes through the daemon', async () => {
  const [one, two] = [await js({ psk, pubsub: true }), await js({ psk, pubsub: true })]
  const got = []
  two.services.pubsub.addEventListener('message', ({ detail }) => got.push(Buffer.from(detail.data).toString()))
  for (const node of [one, two]) { node.services.pubsub.subscribe(topic); await node.dial(address) }
  await until(() => [one, two].every(node => node.services.pubsub.getMeshPeers(topic).includes(ready.peer)), 'the daemon is in both meshes')
  const text = randomUUID()
  // js counts the daemon into its mesh when it asks to be in its; what is published before the daemon has read that passes the other by. So it is said until it comes.
  let turns = 0
  await until(async () => {
    if (turns++ % 25 === 0) await one.services.pubsub.publish(topic, new TextEncoder().encode(`${text} ${turns}`))
    return got.some(message => message.startsWith(text))
  }, 'the message at the other side')
  // Topics of vaults are for members: a stranger with the swarm key isn't told that there are any.
  assert(one.services.pubsub.getSubscribers(topic).length === 1, 'the daemon tells of its topic')
  assert(JSON.stringify(one.services.pubsub.topics ? [...one.services.pubsub.topics.keys()] : []) === JSON.stringify([topic]), 'the daemon tells of other topics')
})
await check('who has no secret of a vault gets no byte behind the gate', async () => {
  const node = await js({ psk })
  for (const protocol of ['/vault/sync/1', '/vault/blocks/1']) {
    const stream = await node.dialProtocol(address, protocol)
    let received = 0
    stream.send(new Uint8Array([0, 0, 0, 40, ...new Uint8Array(40).fill(7)]))
    // That the stream is cut is how the daemon refuses; only bytes before that would be wrong.
    try { for await (const piece of stream) received += piece.byteLength } catch { }
    assert(received === 0, `${received} bytes on ${protocol}`)
  }
})

const code = await finish()
const gone = new Promise(resolve => daemon.once('exit', resolve))
daemon.kill('SIGTERM')
await within(gone, 30000, 'the end')
fs.rmSync(dir, { recursive: true, force: true })
process.exit(code)
