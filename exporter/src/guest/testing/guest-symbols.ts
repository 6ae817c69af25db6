import type { Kernel } from '../kernel/kernel.ts';

/** Symbols of the guest's own `/proc/kallsyms` (read as root) by name, with all their addresses; those of modules are left out. */
export function guestSymbols(text: Buffer): Map<string, Set<bigint>> {
  const symbols = new Map<string, Set<bigint>>();
  for (const line of text.toString('latin1').split('\n')) {
    const match = /^([0-9a-f]{16}) \S (\S+)$/.exec(line);
    if (match === null) continue;
    const [, address, name] = match as unknown as [string, string, string];
    const addresses = symbols.get(name) ?? new Set();
    symbols.set(name, addresses.add(BigInt(`0x${address}`)));
  }
  return symbols;
}

/** Names that the kernel does not have as the guest itself has them; names with several addresses have to be refused. At most 20. */
export function differences(kernel: Kernel, symbols: Map<string, Set<bigint>>): string[] {
  const different: string[] = [];
  for (const [name, addresses] of symbols) {
    const [address] = addresses;
    const found = kernel.hasSymbol(name) ? kernel.symbol(name) : null;
    const wanted = addresses.size === 1 ? address : null;
    if (found !== wanted) different.push(`${name}: ${found?.toString(16) ?? 'refused'} instead of ${wanted?.toString(16) ?? 'a refusal'}`);
    if (different.length >= 20) break;
  }
  return different;
}
