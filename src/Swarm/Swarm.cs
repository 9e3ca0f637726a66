// Swarm: what a vault does with libp2p: the gate, block exchange, have/gone, healing, provider map, free-locks.
// The room is laid out and its allowed neighbours are fixed in Swarm.csproj; nothing lives here yet.
