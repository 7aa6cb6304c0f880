// Releases that fail on real machines.

await import('../failing-releases.ts');
