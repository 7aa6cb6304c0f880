// Which processors a release is for: `npm run release -- --arch arm64`. Without a word, all that can be made on this computer. Pure.

import { DeisError } from '../model/errors.ts';
import { PROCESSORS, type Processor, processorNamed } from '../model/processor.ts';

export interface ReleaseWish {
  /** In this order, each once. */
  processors: readonly Processor[];
  /** Asked for by name: what cannot be made is an error then. */
  named: boolean;
}

/** Throws DeisError 'invalid' with what may be said. */
export function releaseWish(words: readonly string[], own: Processor): ReleaseWish {
  const wanted: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith('--arch=')) wanted.push(...word.slice('--arch='.length).split(','));
    else if (word === '--arch') wanted.push(...(words[++at] ?? '').split(','));
    else throw unknown(word);
  }
  const all = Object.keys(PROCESSORS) as Processor[];
  if (wanted.length === 0) {
    return { processors: [own, ...all.filter((one) => one !== own)], named: false };
  }
  const processors = wanted.map((name) => {
    const found = processorNamed(name);
    if (!found) throw unknown(name);
    return found;
  });
  return { processors: [...new Set(processors)], named: true };
}

function unknown(word: string): DeisError {
  const names = Object.values(PROCESSORS).map(({ debian }) => debian);
  return new DeisError(
    'invalid',
    `"${word}" says nothing about a release.`,
    `npm run release [-- --arch ${names.join(',')}]`,
  );
}
