// Libp2p: a wire-compatible libp2p over TCP with private networks (PSK). Knows nothing of vaults.
// The room is laid out and its allowed neighbours are fixed in Libp2p.csproj; nothing lives here yet.
