using System.Numerics;
using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class SyncMachine
{
    static int CellsFor(int changes) =>
        (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)Math.Min(4L * changes, SyncLimits.MaxFirstCells)), SyncLimits.FirstCells, SyncLimits.MaxFirstCells);

    void Greet(int cells)
    {
        StartRun();
        SendHello(run!, cells);
    }

    void StartRun()
    {
        Abandon();
        SyncStanding now = standing();
        run = new SyncRun(rolledBack ? now with { PullOnly = true } : now);
        phase = Phase.Greeting;
        IsInStep = false;
    }

    void SendHello(SyncRun current, int cells)
    {
        SyncStanding mine = current.Standing;
        current.CellsOffered = cells;
        Enqueue(new SyncMessage.Hello(
            current.PullOnly, current.View.Count, mine.Clock, mine.Incarnation, mine.Sequence, mine.SeenIncarnation, mine.SeenSequence,
            RootTag.Of(current.View.Root, side, channel), current.View.Cells(cells).ToArray()));
    }

    void OnHello(SyncMessage.Hello hello, TimeSpan now)
    {
        if (!greetings.TryTake(1, now)) throw new ProtocolException("the peer begins too many comparisons");
        if (phase != Phase.Greeting) StartRun();
        SyncRun current = run!;
        current.Peer = hello;
        wasGreeted = true;

        bool equal = hello.Tag == RootTag.Of(current.View.Root, OtherSide, channel);
        if (!equal && HasRolledBack(current.Standing, hello))
        {
            rolledBack = true;
            events.Enqueue(new SyncOutput.RolledBack(current.Standing.Sequence, hello.SeenSequence));
            Greet(SyncLimits.FirstCells);
            return;
        }
        if (equal)
        {
            if (current.CellsOffered < 0) SendHello(current, 0);
            Finish(SyncResult.InStep);
            return;
        }
        if (current.CellsOffered <= 0) SendHello(current, SyncLimits.FirstCells);
        // Without cells it was only a question: seeing our greeting, the peer sends a full one.
        if (hello.Cells.Length > 0) Compare(current, hello, now);
    }

    /// <summary>The peer remembers a change of this database that it no longer has: it was put back to an earlier state.</summary>
    bool HasRolledBack(SyncStanding mine, SyncMessage.Hello hello) =>
        !rolledBack && hello.SeenIncarnation == mine.Incarnation && hello.SeenSequence > mine.Sequence;

    void Compare(SyncRun current, SyncMessage.Hello hello, TimeSpan now)
    {
        phase = Phase.Comparing;
        if (current.PullOnly && hello.PullOnly)
        {
            Finish(SyncResult.Differs);
            return;
        }
        // As many as both have shown, so that both come to the same result.
        int cells = Math.Min(current.CellsOffered, hello.Cells.Length);
        current.PeerCells.AddRange(hello.Cells.AsSpan(0, cells));
        current.CellsShown = cells;
        if (Read(current) is { } difference) Resolve(current, difference, ask: false);
        else if (Leads(current)) Lead(current, now);
    }

    /// <summary>One side decides how to go on: the primary, or the one that only takes, as it has to know when it has everything.</summary>
    bool Leads(SyncRun current) => current.PullOnly != current.Peer!.PullOnly ? current.PullOnly : side == SyncSide.Primary;
}
