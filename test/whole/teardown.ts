// The end of a run: the shared test cluster goes away, unless it is one that somebody lent for trials.
import { checkoutRoot } from '../../src/machines/checkout.ts';
import { localDown } from '../../src/machines/local/down.ts';
import { SILENT } from '../../src/machines/progress.ts';

const lent = process.env['DEIS_TEST_CLUSTER'];
if (lent === undefined) {
  await localDown(checkoutRoot(), 't', SILENT, AbortSignal.timeout(120_000));
}
console.log(`ok 1 - the test cluster is ${lent === undefined ? 'gone' : 'kept'}`);
console.log('1..1');
