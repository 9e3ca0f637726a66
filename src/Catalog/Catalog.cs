// Catalog: the flat catalog of a vault. What is here works on leaves, whatever a record is: the tree with its root and proofs
// (Merkle/), the sketch that shows what two sets differ in (Sketch/), and the machine that brings two sets to one root (Sync/).
// Nothing here knows of files, the command line or the network.
// Read next: Merkle/Leaf.cs, Merkle/LeafSet.cs (all of it, durable), Sync/SyncMachine.cs; docs/formats-catalog.md has the bytes.
