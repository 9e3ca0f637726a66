using System.Runtime.ExceptionServices;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// One commit for all who come while another runs, so that they share its sync. Whose work fails is told so, and the others'
/// work is done without it; when the commit itself fails, all are told.
/// </summary>
/// <param name="commit">Does the work of all of them and makes it durable. It throws <see cref="WorkFailedException"/> when one of them can't be done.</param>
sealed class SharedCommits<TChange>(Action<IReadOnlyList<SharedCommits<TChange>.Work>> commit)
{
    readonly object gate = new();
    List<Work> waiting = [];
    bool running;

    /// <param name="apply">Adds to the change; called again when somebody else's part had to be taken out.</param>
    internal sealed class Work(Action<TChange> apply)
    {
        internal ExceptionDispatchInfo? Failure;
        internal bool Done;

        internal void Apply(TChange change)
        {
            try
            {
                apply(change);
            }
            catch (Exception fault) when (fault is VaultException or ArgumentException or InvalidOperationException)
            {
                throw new WorkFailedException(this, ExceptionDispatchInfo.Capture(fault));
            }
        }
    }

    internal sealed class WorkFailedException(Work work, ExceptionDispatchInfo reason) : Exception(reason.SourceException.Message, reason.SourceException)
    {
        internal Work Work => work;
        internal ExceptionDispatchInfo Reason => reason;
    }

    /// <summary>Callers whose work waits for the commit that is being made.</summary>
    internal int Waiting
    {
        get
        {
            lock (gate) return waiting.Count;
        }
    }

    internal void Join(Action<TChange> apply)
    {
        Work mine = new(apply);
        List<Work> taken = [];
        lock (gate)
        {
            waiting.Add(mine);
            while (running && !mine.Done) Monitor.Wait(gate);
            if (!mine.Done)
            {
                running = true;
                (taken, waiting) = (waiting, []);
            }
        }
        if (taken.Count > 0) Lead(taken);
        mine.Failure?.Throw();
    }

    void Lead(List<Work> taken)
    {
        List<Work> left = [.. taken];
        while (left.Count > 0)
        {
            try
            {
                commit(left);
                break;
            }
            catch (WorkFailedException failed)
            {
                failed.Work.Failure = failed.Reason;
                left.Remove(failed.Work);
            }
            catch (Exception fault)
            {
                foreach (Work work in left) work.Failure = ExceptionDispatchInfo.Capture(fault);
                break;
            }
        }
        lock (gate)
        {
            running = false;
            foreach (Work work in taken) work.Done = true;
            Monitor.PulseAll(gate);
        }
    }
}
