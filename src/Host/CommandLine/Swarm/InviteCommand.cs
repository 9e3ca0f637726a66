using System.CommandLine;

namespace Vault.Host;

/// <summary>vault invite VAULT: one string with which another machine joins.</summary>
static class InviteCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<string> role = new("--role") { Description = "What it may do: blind, read, write or admin", HelpName = "ROLE", DefaultValueFactory = _ => "write" };
        role.AcceptOnlyFromAmong("blind", "read", "write", "admin");
        Option<string> expires = new("--expires") { Description = "How long the ticket can be used: 7d, 12h, 30m", HelpName = "TIME", DefaultValueFactory = _ => "7d" };
        expires.Validators.Add(result =>
        {
            if (Period(result.GetValueOrDefault<string>()) is null) result.AddError("--expires takes a time like 7d, 12h or 30m");
        });
        Option<bool> qr = new("--qr") { Description = "Show it as a QR code too, for a camera" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("invite", "make a ticket with which another machine joins, once", "vault invite photos", "vault invite photos --role read --qr", "vault invite photos --role blind --expires 1d") { vault, role, expires, qr, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            DeviceInvited made = await commands.InviteAsync(new InviteDevice(line.GetRequiredValue(vault), line.GetRequiredValue(role), Period(line.GetRequiredValue(expires))!.Value), stop);
            if (line.GetValue(json)) Listing.Json(terminal, made, ApiJson.Default.DeviceInvited);
            else terminal.Output.WriteLine(made.Ticket);
            if (line.GetValue(qr) && !line.GetValue(json)) TicketPicture.Write(terminal, made.Ticket);
            if (terminal.PeopleRead) terminal.WriteNote($"whoever has it can join {made.Name} once, until {made.UseBy:u}; on the other machine: vault join TICKET");
            return ExitCode.Done;
        });
        return command;
    }

    static TimeSpan? Period(string? text)
    {
        if (text is not { Length: > 1 } || !int.TryParse(text[..^1], System.Globalization.NumberStyles.None, null, out int number) || number is 0 or > 10_000) return null;
        return text[^1] switch
        {
            'd' => TimeSpan.FromDays(number),
            'h' => TimeSpan.FromHours(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
    }
}
