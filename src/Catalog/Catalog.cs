// Catalog: the flat catalog of a vault: which file is where, signed, and merged between devices. Records (Records/) of paths
// (Paths/) in versions that stand side by side until someone resolves them (Versions/); the tree over their leaves with its
// root and proofs (Merkle/), the sketch that shows what two sets differ in (Sketch/), the machine that brings two sets to one
// root (Sync/), all of it kept on a disk (State/), and folders turned into records and back, once or all along (Files/, Files/Watch/).
// Nothing here knows of the command line or the network.
// Read next: Records/FileRecord.cs, Versions/Register.cs, State/VaultCatalog.cs, Merkle/Leaf.cs, Sync/SyncMachine.cs;
// docs/formats-records.md and docs/formats-catalog.md have the bytes.
