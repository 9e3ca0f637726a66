namespace Vault.Swarm;

/// <summary>The limits of proofs, together.</summary>
public static class ProofLimits
{
    /// <summary>
    /// Random blocks that each holder is asked to prove in an hour, of each vault. Of a device that dropped 1 % of its blocks, 690 of them find
    /// one with a probability of 0.999, which is within 11 hours; of one that dropped a tenth, 66, within the first questions.
    /// </summary>
    public const int BlocksPerHour = 64;

    /// <summary>Blocks in one question, so that there is one every four minutes: more often than a server's grace runs out.</summary>
    public const int BlocksInQuestion = 4;

    public static readonly TimeSpan AskEvery = TimeSpan.FromHours(1) * BlocksInQuestion / BlocksPerHour;

    /// <summary>Blocks that a device proves at once when it is met after a while, and before it is believed again.</summary>
    public const int Exam = 64;

    /// <summary>Who has proven nothing for so long is examined when it is met.</summary>
    public static readonly TimeSpan ExamAfter = TimeSpan.FromHours(1);

    /// <summary>Questions in a row that nobody answered, after which claims aren't believed.</summary>
    public const int Unanswered = 3;

    /// <summary>Who gave a wrong answer isn't believed for so long.</summary>
    public static readonly TimeSpan LiarsTerm = TimeSpan.FromDays(7);

    /// <summary>What one peer's questions may make this device read from its disk.</summary>
    public const long BytesPerSecond = 32 << 20, BurstBytes = 512 << 20;
}
