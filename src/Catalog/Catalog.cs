// Catalog: the flat catalog of a vault: signed records, versions, Merkle root, proofs, sketch, sync machine and journal.
// The room is laid out and its allowed neighbours are fixed in Catalog.csproj; nothing lives here yet.
