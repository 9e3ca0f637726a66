namespace Vault.Host.Simulation;

/// <summary>Lets one end of a wire go on as an event of its own, because whoever has news for it is in the middle of something else. Asked again before that, it goes on once.</summary>
sealed class Nudge(Device device, Wire wire, Action pump)
{
    bool waits;

    public void Give()
    {
        if (waits) return;
        waits = true;
        device.Network.After(TimeSpan.Zero, () =>
        {
            waits = false;
            device.Attempt(wire, pump);
        });
    }
}
