using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>How far what a device says of its holdings is believed.</summary>
public enum Belief : byte
{
    /// <summary>Nothing was asked of it yet, or there was nothing that this device could have judged.</summary>
    Unknown = 0,
    /// <summary>What it was asked to prove, it proved.</summary>
    Good = 1,
    /// <summary>It lacked what it claimed, or didn't answer: it has to prove a number of blocks first.</summary>
    Doubted = 2,
    /// <summary>It gave a wrong proof. Nothing it claims counts for a week.</summary>
    Lied = 3,
}

/// <summary>What a <see cref="Keeper"/> knows of one other device.</summary>
sealed class KeptPeer(DeviceId device, HeldColumn column)
{
    public DeviceId Device => device;
    public HeldColumn Column => column;

    /// <summary>The digest of what it holds of what this device doesn't look after.</summary>
    public HeldDigest Elsewhere { get; set; }

    /// <summary>Of all that it is known to hold.</summary>
    public HeldDigest Digest => column.Digest + Elsewhere;
    /// <summary>It isn't a member any more, or isn't followed.</summary>
    public bool IsForgotten { get; set; }

    public bool Connected { get; set; }

    /// <summary>It was connected in this run: that it isn't any more says that it is away. Of others only what they say is heard.</summary>
    public bool WasConnected { get; set; }

    /// <summary>When it was last there; null before it was ever heard.</summary>
    public TimeSpan? Heard
    {
        get;
        set => MissedSince = field = value;
    }

    /// <summary>The same without the time in which this device was away itself and couldn't have heard it.</summary>
    public TimeSpan? MissedSince { get; set; }

    /// <summary>All that it holds was known once: two have compared to the end, in this run or in one before.</summary>
    public bool IsKnown { get; set; }

    /// <summary>When it last came back from having been away, and for how long it was at the longest lately.</summary>
    public TimeSpan? BackAt { get; set; }
    public TimeSpan LongestAway { get; set; }

    /// <summary>It was away for longer than its grace time.</summary>
    public bool IsLost { get; set; }

    /// <summary>It was there to act, or to get something, when it was last looked at; and it was, or was expected back soon.</summary>
    public bool WasThere { get; set; }
    public bool WasAround { get; set; }

    /// <summary>When the keeper looks at it next; it may be earlier than there is something to do, and is never later.</summary>
    public TimeSpan Due { get; set; } = TimeSpan.MaxValue;

    public ulong Run { get; set; }
    public ulong Sequence { get; set; }

    /// <summary>Of what it holds, as it said in the last comparison.</summary>
    public HeldDigest Told { get; set; }

    public Belief Belief { get; set; }
    public TimeSpan BelievedAgain { get; set; }

    /// <summary>When it last proved something.</summary>
    public TimeSpan? Proven { get; set; }

    /// <summary>Blocks it has proven in a row since belief in it was last shaken.</summary>
    public int InRow { get; set; }

    // A comparison that runs, and when the next is due.
    public TimeSpan CompareAt { get; set; }

    /// <summary>Comparisons in a row that found nothing new.</summary>
    public int Alike { get; set; }
    public TimeSpan? AskedAt { get; set; }
    public List<HeldId>? Listed { get; set; }
    public int AskedCells { get; set; }

    // A question that runs, and when the next is due.
    public TimeSpan ChallengeAt { get; set; }
    public (Hash32 Nonce, HeldId[] Blocks, TimeSpan At)? Challenge { get; set; }
    public int ExamLeft { get; set; }
    public int Unanswered { get; set; }

    /// <summary>What it may make this device read, and what its losses may make it fetch.</summary>
    public Allowance Reading { get; } = new(ProofLimits.BytesPerSecond, ProofLimits.BurstBytes);
    public Allowance Answers { get; } = new(HoldingsLimits.AnswerBytesPerSecond, HoldingsLimits.AnswerBurstBytes);
    public Allowance Blame { get; } = new(HealingLimits.BytesPerHourForOne / 3600.0, HealingLimits.BytesPerHourForOne);
}
