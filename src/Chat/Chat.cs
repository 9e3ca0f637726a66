// Chat: messages of a vault whose history can't be rewritten unseen. Every device has a feed, a chain of signed headers that
// name what came before and what their author had seen of others (Feeds/); what is said lies sealed beside them and can be
// erased without breaking a chain (Bodies/). Log/ keeps the feeds of one vault and decides what belongs to them, Sync/ brings
// two logs together, Evidence/ checks everything again, for oneself or for somebody else. Nothing here opens a connection.
// Read next: Feeds/MessageHeader.cs (the bytes), Log/ChatLog.cs (what is accepted, and how), Sync/ChatSync.cs.
