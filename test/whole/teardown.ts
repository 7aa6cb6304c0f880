// The end of a run: the shared test cluster goes away.
import { checkoutRoot } from '../../src/machines/checkout.ts';
import { localDown } from '../../src/machines/local/down.ts';
import { SILENT } from '../../src/machines/progress.ts';

await localDown(checkoutRoot(), 't', SILENT, AbortSignal.timeout(120_000));
console.log('ok 1 - the test cluster is gone');
console.log('1..1');
