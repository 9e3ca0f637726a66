// Swarm: what a vault does with libp2p. Gate/ lets members in and nobody else; Exchange/ moves blocks; Join/ lets a newcomer become
// a member. Holdings/ knows who says that it holds what, Proofs/ has it proven, Healing/ decides who makes a missing copy, Freeing/ lets
// copies go safely, Keeping/ is the machine made of these four, and what drives it. Nothing here knows what a record or a path is: a catalog's sync is handed in and runs on a stream behind the gate.
// What decides is a pure machine (GateMachine, FetchPlan), what awaits is thin.
// Read next: Gate/VaultSession.cs (how a stream becomes a member's), Exchange/FetchPlan.cs (which block of whom).
