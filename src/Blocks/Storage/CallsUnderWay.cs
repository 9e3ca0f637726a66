namespace Vault.Blocks;

/// <summary>
/// Counts calls, so that one may wait for all those that began before it. They are counted in rounds: whoever waits ends the round,
/// and a call that begins and ends while nobody waits costs no memory.
/// </summary>
sealed class CallsUnderWay
{
    readonly Lock gate = new();
    Round current = new(Task.CompletedTask);

    internal sealed class Round(Task earlier)
    {
        /// <summary>Completes when the calls of all rounds before this one have ended.</summary>
        public Task Earlier => earlier;
        public int Open { get; set; }
        public TaskCompletionSource? Ended { get; set; }
    }

    /// <summary>The caller ends the result once.</summary>
    public Round Begin()
    {
        lock (gate)
        {
            current.Open++;
            return current;
        }
    }

    public void End(Round round)
    {
        TaskCompletionSource? ended;
        lock (gate) ended = --round.Open == 0 ? round.Ended : null;
        ended?.SetResult();
    }

    public Task WhenEndedAsync()
    {
        lock (gate)
        {
            if (current.Open == 0) return current.Earlier;
            current.Ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task ended = Task.WhenAll(current.Earlier, current.Ended.Task);
            current = new Round(ended);
            return ended;
        }
    }
}
