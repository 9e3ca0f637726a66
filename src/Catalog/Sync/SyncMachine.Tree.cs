using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class SyncMachine
{
    void WalkTree(SyncRun current)
    {
        current.Walk = new TreeWalk(current.View, full: current.Level == SyncRun.LastLevel);
        Enqueue(current.Walk.Ask());
    }

    void OnAskNodes(SyncRun current, SyncMessage.AskNodes ask)
    {
        if (current.PrefixesAsked == 0) current.RecordsAllowed += current.Peer!.Count;
        current.PrefixesAsked += ask.Prefixes.Length;
        long allowed = (SyncRun.LastLevel + 1) * SyncLimits.Prefixes(Math.Max(current.View.Count, current.Peer!.Count));
        if (current.PrefixesAsked > allowed) throw new ProtocolException("the peer walks the tree over and over");
        SetView view = current.View;
        Enqueue(Answers());

        // Worked out when the stream has room: a peer that doesn't read causes no work.
        IEnumerable<SyncMessage> Answers()
        {
            yield return new SyncMessage.Nodes(ask.Full, [.. ask.Prefixes.Select(prefix => TreeWalk.Answer(view, prefix, ask.Full))]);
        }
    }

    void OnNodes(SyncRun current, SyncMessage.Nodes answer)
    {
        if (current.Walk is not { } walk || !walk.TryTake(answer)) throw new ProtocolException("the peer answers what wasn't asked");
        if (walk.IsWaiting) return;
        List<SyncMessage.AskNodes> questions = walk.Ask();
        if (questions.Count > 0)
        {
            Enqueue(questions);
            return;
        }
        current.Walk = null;
        current.RecordsAllowed += current.Peer!.Count;
        Resolve(current, walk.Difference, ask: true);
    }
}
