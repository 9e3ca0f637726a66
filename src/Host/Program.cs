Console.WriteLine("vault 0.1.0");
return 0;
