// Runs a table of pictures and the sentences that must come out of them, in order and nothing else.

import t from 'tap';
import { plan } from '../../src/scheduler/plan.ts';
import { type Picture, placementChanges, sentence, snapshotOf } from './picture.ts';

export interface Case {
  title: string;
  given: Picture;
  says: string[];
  /** What becomes of the placement keys, where the sentences leave it open. */
  placements?: string[];
}

export function planCases(cases: readonly Case[]): void {
  for (const { title, given, says, placements } of cases) {
    void t.test(title, async (t) => {
      const decisions = plan(snapshotOf(given));
      t.strictSame(decisions.map(sentence), says);
      if (placements) t.strictSame(placementChanges(decisions), placements);
    });
  }
}
