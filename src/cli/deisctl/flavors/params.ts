// Params of flavors and providers, as they are changed.

import { Flags } from '@oclif/core';

export const PARAMS_TO_CHANGE = {
  params: Flags.string({
    required: true,
    description: 'NAME=VALUE that the provider knows; an empty value takes one away.',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

export function changedParams(
  before: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const left = Object.entries({ ...before, ...given }).filter(([, text]) => text !== '');
  return Object.fromEntries(left);
}
