using Vault.Identity;

namespace Vault.Catalog.Tests;

/// <summary>Two catalogs that meet over a line without any delay: what a session does, one step after the other.</summary>
static class Meeting
{
    public static SyncResult Of(Node one, Node other)
    {
        using Party first = new(one, other), second = new(other, one);
        first.Machine.Begin();
        second.Machine.Begin();
        for (int flights = 0; flights < 200; flights++)
        {
            List<byte[]> from = first.Drain(), back = second.Drain();
            if (from.Count + back.Count == 0) break;
            foreach (byte[] message in from) second.Machine.Receive(message, TimeSpan.FromMinutes(flights));
            foreach (byte[] message in back) first.Machine.Receive(message, TimeSpan.FromMinutes(flights));
        }
        return first.Result == second.Result && first.Result is { } result ? result : SyncResult.Differs;
    }

    sealed class Party : IDisposable
    {
        readonly Node node;

        public Party(Node node, Node peer)
        {
            this.node = node;
            Machine = new SyncMachine(SyncSession.SideOf(node.Id, peer.Id), Pair.Channel, () => node.Catalog.Standing(peer.Id));
        }

        public SyncMachine Machine { get; }
        public SyncResult? Result { get; private set; }

        public List<byte[]> Drain()
        {
            List<byte[]> messages = [];
            while (Machine.Next() is { } output)
                switch (output)
                {
                    case SyncOutput.Send send: messages.Add(send.Message.ToArray()); break;
                    case SyncOutput.Merge merge: node.Catalog.Merge(merge.Records); break;
                    case SyncOutput.Settle: Machine.Settled(); break;
                    case SyncOutput.Finished finished: Result = finished.Result; break;
                }
            return messages;
        }

        public void Dispose() => Machine.Dispose();
    }
}
