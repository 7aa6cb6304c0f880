// The controllers killed at six moments of a deployment.

process.env['DEIS_KILL_MOMENTS'] = '600,1200,1800,2500,3500,5000';
await import('../killed-controller.ts');
