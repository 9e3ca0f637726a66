// What both checks need: js-libp2p nodes, and checks that print a line each.
import './polyfill.mjs'
import { randomBytes } from 'node:crypto'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

export const newKey = () => new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`)

export const within = (promise, ms, what) => Promise.race([promise, new Promise((resolve, reject) => setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms).unref())])
export const until = async (test, what) => { for (let i = 0; i < 500; i++) { const value = await test(); if (value) return value; await new Promise(resolve => setTimeout(resolve, 20)) } throw new Error(`never happened: ${what}`) }
export const assert = (condition, what) => { if (!condition) throw new Error(what) }
export const refused = async (promise, what) => { try { await promise } catch { return } throw new Error(`${what} was not refused`) }

const nodes = []
export async function js ({ psk, listen = false, pubsub = false }) {
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

// js identifies every connection by itself and puts the answer into its peer store.
export const agentOf = async (node, peer) => Buffer.from(await until(async () => (await node.peerStore.get(peer)).metadata.get('AgentVersion'), 'identify')).toString()

const results = []
export async function check (name, body) {
  const startedAt = performance.now()
  try { const note = await within(body(), 90000, name); results.push(true); console.log(`pass  ${name}  [${Math.round(performance.now() - startedAt)} ms${note ? ', ' + note : ''}]`) } catch (e) { results.push(false); console.log(`FAIL  ${name}: ${e.message}`) }
}

export async function finish () {
  await Promise.allSettled(nodes.map(node => node.stop()))
  const failed = results.filter(passed => !passed).length
  console.log(`${results.length - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}
