using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>Two sessions over pipes in memory, and what a test waits for.</summary>
sealed class SessionPair : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource stop = new();
    readonly Node one, other;

    public SessionPair(Node one, Node other, TimeProvider time, PipeOptions? options = null)
    {
        (this.one, this.other) = (one, other);
        Pipe there = new(options ?? PipeOptions.Default), back = new(options ?? PipeOptions.Default);
        One = new SyncSession(one.Catalog, new Ends(back.Reader, there.Writer), SyncSession.SideOf(one.Id, other.Id), Pair.Channel, other.Id, time);
        Other = new SyncSession(other.Catalog, new Ends(there.Reader, back.Writer), SyncSession.SideOf(other.Id, one.Id), Pair.Channel, one.Id, time);
        OneEnd = Task.Run(() => One.RunAsync(stop.Token));
        OtherEnd = Task.Run(() => Other.RunAsync(stop.Token));
    }

    public SyncSession One { get; }
    public SyncSession Other { get; }
    public Task OneEnd { get; }
    public Task OtherEnd { get; }

    sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }

    /// <summary>Ends when both are in step and have the same root.</summary>
    public Task AgreeAsync() => UntilAsync(() => One.IsInStep && Other.IsInStep && one.Catalog.Root == other.Catalog.Root);

    /// <summary>Ends when something holds that a commit or the end of a comparison brings about.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (holds()) reached.TrySetResult();
        }
        void Moved(SyncSession _) => Look();
        void Changed(CatalogChange _) => Look();
        One.Moved += Moved;
        Other.Moved += Moved;
        one.Catalog.Changed += Changed;
        other.Catalog.Changed += Changed;
        try
        {
            Look();
            Task first = await Task.WhenAny(reached.Task, OneEnd, OtherEnd).WaitAsync(Patience);
            if (first != reached.Task) await first;
            await reached.Task.WaitAsync(Patience);
        }
        finally
        {
            One.Moved -= Moved;
            Other.Moved -= Moved;
            one.Catalog.Changed -= Changed;
            other.Catalog.Changed -= Changed;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        foreach (Task end in (Task[])[OneEnd, OtherEnd])
            try
            {
                await end;
            }
            catch (Exception fault) when (fault is OperationCanceledException or ProtocolException)
            {
                // the test has looked at it if it wanted to
            }
        stop.Dispose();
    }
}
