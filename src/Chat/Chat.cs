// Chat: signed hash-chained feeds, rooms, forks and the chat sync machine.
// The room is laid out and its allowed neighbours are fixed in Chat.csproj; nothing lives here yet.
