using Vault.Primitives;

namespace Vault.Catalog;

// When it stops and goes on, and what the brake does: remembered, and told in words.
public sealed partial class FolderWatch
{
    void Pause(string why)
    {
        lock (gate)
        {
            working = false;
            nextLook = NowMs + (long)lookEvery.TotalMilliseconds;
            if (nextScan < nextLook) nextScan = nextLook;
            if (paused == why) return;
            paused = why;
        }
        tell(new WatchNews("watch-paused", $"{Folder} waits, and nothing in the vault is changed for it: {why}"));
    }

    bool Resume()
    {
        lock (gate)
        {
            if (paused is null) return false;
            paused = null;
        }
        tell(new WatchNews("watch-resumed", $"{Folder} is kept in step again"));
        return true;
    }

    /// <summary>What is held stays so over a restart, and its owner hears of it.</summary>
    void NoteBrakes(bool heldIn, bool heldOut)
    {
        bool holdsIn = tools.Into.IsHolding, holdsOut = tools.Out.IsHolding;
        if (tools.Row.HoldsIn != holdsIn || tools.Row.HoldsOut != holdsOut) tools.Rows.Put(tools.Row = tools.Row with { HoldsIn = holdsIn, HoldsOut = holdsOut });
        if (holdsIn && !heldIn) tell(new WatchNews("watch-held", Sentence(Folder, Held(tools.Into, WatchDirection.IntoVault).First())));
        if (holdsOut && !heldOut) tell(new WatchNews("watch-held", Sentence(Folder, Held(tools.Out, WatchDirection.IntoFolder).First())));
        if ((heldIn && !holdsIn) || (heldOut && !holdsOut)) tell(new WatchNews("watch-released", $"{Folder}: nothing is held any more"));
    }

    /// <summary>What is held and what to do about it.</summary>
    public static string Sentence(string folder, HeldChanges held)
    {
        string count = held.Changes == 0 ? "changes are held" : $"{(held.More ? "more than " : "")}{held.Changes} files and folders are deleted or replaced at once";
        return held.Direction == WatchDirection.IntoVault
            ? $"in {folder} {count}, and the vault is left as it is; vault watch --approve {folder} if that is meant, else put them back"
            : $"in the vault {count}, and {folder} is left as it is; vault watch --approve {folder} if that is meant, else undo it in the vault (vault log shows who did it)";
    }
}
