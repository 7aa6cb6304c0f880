// Which ids an app may have (reference §1.7), and an invented one for who gave none.

import { APP_ID, isReservedAppId } from '../../model/ids.ts';

const LONGEST = 63;

/** What is wrong with it, in the words of Deis v1; undefined when it may be taken. `subdomain`: the controller's own host. */
export function appIdProblem(id: string, subdomain: string): string | undefined {
  if (!/^[a-z0-9-]+$/.test(id)) return 'App IDs can only contain [a-z0-9-].';
  if (id.length > LONGEST) return `Ensure this field has no more than ${LONGEST} characters.`;
  if (!APP_ID.test(id)) return 'App IDs must start and end with a letter or a digit.';
  if (isReservedAppId(id) || id === subdomain) return `${id} is a reserved name.`;
  return undefined;
}

const ADJECTIVES = [
  'active amazed august bouncy breezy bright calmer candid cheery chosen clever cosmic',
  'cuddly daring drowsy earthy elated exotic fabled famous frosty gentle gifted golden',
  'honest humble hungry jaunty jovial kindly lively mellow mighty modest narrow nimble',
  'placid polite proper purple quaint rugged salted serene silent simple sleepy steady',
  'sturdy sunlit tender upbeat velvet wicked winged wooden yearly',
].flatMap((line) => line.split(' '));

const NOUNS = [
  'aardvark airplane backpack bagpipes basement bluebird bookcase campfire capybara',
  'cardinal chipmunk coconuts daffodil doorbell dragonet elephant eyeglass fireside',
  'fountain gazpacho goldfish hedgehog hillside icefield ironwork junction kangaroo',
  'keyboard ladybird lakeside lighters mackerel mandolin mountain mushroom notebook',
  'nutshell observer overcoat parakeet pavilion pelicans porridge quartets railroad',
  'raincoat reindeer sailboat sandwich seashell squirrel starfish sunlight teaspoon',
  'terminal treetops universe valuable waterway windmill woodwork',
].flatMap((line) => line.split(' '));

/** `golden-sailboat`; `dice(n)` answers a whole number from 0 to n - 1. */
export function inventAppId(dice: (sides: number) => number): string {
  return `${ADJECTIVES[dice(ADJECTIVES.length)]}-${NOUNS[dice(NOUNS.length)]}`;
}
