using Vault.Primitives;

namespace Vault.Identity;

/// <summary>How a vault is kept, the same for everyone. The latest settings that stand count.</summary>
/// <param name="Copies">Of each block, that healing works towards.</param>
/// <param name="MinimumCopies">Below this healing doesn't wait.</param>
/// <param name="HistoryDays">How long old versions stay readable.</param>
/// <param name="ChatByReaders">Whether those who can't write files may write messages.</param>
/// <param name="Name">For readers.</param>
public sealed record VaultSettings(int Copies, int MinimumCopies, int HistoryDays, bool ChatByReaders, SealedName? Name) : ControlStatement
{
    /// <summary>What holds while no admin has said anything.</summary>
    public static VaultSettings Default { get; } = new(Copies: 2, MinimumCopies: 1, HistoryDays: 30, ChatByReaders: true, Name: null);

    const byte ReadersChat = 1;

    public override ControlKind Kind => ControlKind.Settings;

    public TimeSpan HistoryWindow => TimeSpan.FromDays(HistoryDays);

    public VaultSettings Named(string name, VaultKeys keys, RandomSource random) => this with { Name = SealedName.Seal(name, keys, KeyLabels.VaultName, random) };

    /// <summary>Null when there is none, or none for this device.</summary>
    public string? OpenName(VaultKeys keys) => Name?.Open(keys, KeyLabels.VaultName);

    internal override void Write(ByteWriter writer)
    {
        writer.Byte(checked((byte)Copies));
        writer.Byte(checked((byte)MinimumCopies));
        writer.UInt16(checked((ushort)HistoryDays));
        writer.Byte(ChatByReaders ? ReadersChat : (byte)0);
        SealedName.Write(writer, Name);
    }

    internal static VaultSettings? Read(ref ByteReader reader)
    {
        (int copies, int minimum, int days, byte flags) = (reader.TakeByte(), reader.TakeByte(), reader.TakeUInt16(), reader.TakeByte());
        if (!SealedName.Read(ref reader, out SealedName? name) || reader.Failed || flags > ReadersChat) return null;
        bool good = copies is >= 1 and <= ControlLimits.MaxCopies && minimum >= 1 && minimum <= copies;
        return good ? new VaultSettings(copies, minimum, days, flags == ReadersChat, name) : null;
    }
}
