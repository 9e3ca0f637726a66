namespace Vault.Libp2p.Yamux;

/// <summary>One stream as the session's machine sees it. Only <see cref="Session"/> changes it.</summary>
sealed class StreamState(uint id, bool outbound, int maxWindow)
{
    public uint Id { get; } = id;
    public bool Outbound { get; } = outbound;

    /// <summary>Whoever drives the machine hangs its own object here.</summary>
    public object? Owner { get; set; }

    public ReceiveWindow Window = new(maxWindow);

    /// <summary>What we may still send.</summary>
    public long SendWindow { get; internal set; } = MuxLimits.InitialWindow;

    /// <summary>Bytes the application handed over that aren't sent yet.</summary>
    public long Pending { get; internal set; }

    /// <summary>Bytes that arrived and weren't consumed yet.</summary>
    public int Unread { get; internal set; }

    internal bool Acknowledged { get; set; }
    internal bool Finishing { get; set; }
    internal bool FinSent { get; set; }
    internal bool FinReceived { get; set; }
    internal bool Discarding { get; set; }

    /// <summary>Gone from the session: both sides are finished, or one has reset it.</summary>
    public bool Gone { get; internal set; }

    /// <summary>The handler of an inbound stream has returned.</summary>
    internal bool Released { get; set; }

    /// <summary>What is left of the initial window, which the other side may use without having been given credit for it.</summary>
    internal int Unpaid { get; set; } = MuxLimits.InitialWindow;

    internal FrameFlags FlagsDue { get; set; }
    internal int CreditDue { get; set; }
    internal bool ControlQueued { get; set; }
    internal bool CreditQueued { get; set; }
    internal bool TurnQueued { get; set; }
    internal TimeSpan? ClosedSince { get; set; }
}
