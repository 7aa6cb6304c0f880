import { bucketServer } from './bucket.ts';
import { mkdirSync } from 'node:fs';
mkdirSync('/tmp/k-bucket', { recursive: true });
const b = await bucketServer('/tmp/k-bucket', '10.77.1.1');
console.log(b.url);
setTimeout(() => process.exit(), 300_000);
