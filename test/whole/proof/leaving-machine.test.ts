// A machine drained, and one rebooted.

await import('../leaving-machine.ts');
