using System.Runtime.ExceptionServices;

namespace Vault.Store;

/// <summary>
/// One costly action for many callers: those who come while it runs share the next run. Nobody is served by a run that began
/// before the call, and a run's failure is thrown to each of its callers.
/// </summary>
sealed class SharedRounds
{
    readonly object gate = new();
    Round next = new();
    bool running;

    internal void Join(Action action)
    {
        Round mine;
        bool leads;
        lock (gate)
        {
            mine = next;
            while (running && !mine.Done) Monitor.Wait(gate);
            leads = !mine.Done;
            if (leads)
            {
                running = true;
                next = new Round();
            }
        }
        if (leads) Lead(mine, action);
        mine.Failure?.Throw();
    }

    void Lead(Round round, Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault)
        {
            round.Failure = ExceptionDispatchInfo.Capture(fault);
        }
        lock (gate)
        {
            round.Done = true;
            running = false;
            Monitor.PulseAll(gate);
        }
    }

    sealed class Round
    {
        internal bool Done;
        internal ExceptionDispatchInfo? Failure;
    }
}
