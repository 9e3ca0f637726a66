#!/bin/sh
# Our node against js-libp2p. Skipped, aloud, where npm or its packages can't be had.
set -e
cd "$(dirname "$0")"
command -v npm > /dev/null || { echo "interop: skipped, there is no npm here"; exit 0; }
if ! [ -d node_modules/libp2p ]; then
    npm install --ignore-scripts --no-package-lock --no-audit --no-fund > npm.log 2>&1 || { echo "interop: skipped, npm could not install the packages:"; tail -n 5 npm.log; exit 0; }
fi
dotnet build ../Libp2p/Host -c Release -v quiet --nologo
exec node check.mjs "dotnet ../Libp2p/Host/bin/Release/net10.0/Vault.Libp2p.TestHost.dll"
