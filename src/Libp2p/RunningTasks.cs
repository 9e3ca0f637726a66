namespace Vault.Libp2p;

/// <summary>The background work of one owner, who awaits all of it before it is gone. The work handles its own failures.</summary>
sealed class RunningTasks
{
    readonly Lock gate = new();
    readonly HashSet<Task> running = [];

    public void Add(Task task)
    {
        if (task.IsCompleted) return;
        lock (gate) running.Add(task);
        task.ContinueWith(static (done, owner) => ((RunningTasks)owner!).Remove(done), this, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    void Remove(Task task)
    {
        lock (gate) running.Remove(task);
    }

    public async Task WaitAsync()
    {
        while (true)
        {
            Task[] left;
            lock (gate) left = [.. running];
            if (left.Length == 0) return;
            await Task.WhenAll(left);
        }
    }
}
