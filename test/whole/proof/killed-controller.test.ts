// The controllers killed at every step of a deployment.

process.env['DEIS_KILL_STEPS'] =
  'queued,releasing,starting,applying,withdrawing,reverting,paused,restarting,done';
await import('../killed-controller.ts');
