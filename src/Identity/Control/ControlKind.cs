namespace Vault.Identity;

/// <summary>What a control record says: its second byte. Kinds below 64 are those of file records.</summary>
public enum ControlKind : byte
{
    Certificate = 64,
    Invite = 65,
    Admission = 66,
    Revocation = 67,
    KeepPage = 68,
    Retirement = 69,
    SecretEpoch = 70,
    TombstoneEpoch = 71,
    Settings = 72,
    Profile = 73,
}
