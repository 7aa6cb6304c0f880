// list, info and destroy are the same for formations, layers, flavors and providers.

import { Args, type Command, type Interfaces } from '@oclif/core';
import type { Kind } from '../../formations/kinds.ts';
import { table } from '../../table.ts';
import { MachineCommand } from '../nodes/command.ts';

type KindName = 'formations' | 'layers' | 'flavors' | 'providers';

const ONES: Record<KindName, string> = {
  formations: 'formation',
  layers: 'layer',
  flavors: 'flavor',
  providers: 'provider',
};

const EXAMPLES: Record<KindName, string> = {
  formations: 'shop',
  layers: 'shop runtime',
  flavors: 'large',
  providers: 'rack',
};

const OF_ONE = Args.string({ description: 'Only those of this formation.' });

async function kindOf(name: KindName): Promise<Kind<{ id: string }>> {
  const { KINDS } = await import('../../formations/kinds.ts');
  return KINDS[name] as unknown as Kind<{ id: string }>;
}

/** Layers are named after their formation; the others stand alone. */
function argsOf(name: KindName) {
  const own = Args.string({ required: true, description: `Name of the ${ONES[name]}.` });
  const formation = Args.string({ required: true, description: 'Formation it belongs to.' });
  const one = { id: own };
  // Only their order matters: the words are taken as they come.
  return name === 'layers' ? ({ formation, ...one } as typeof one) : one;
}

const namesOf = (given: readonly { id: string }[]): string[] => given.map(({ id }) => id);

export function recordCommands(name: KindName): Record<string, Command.Class> {
  class ListCommand extends MachineCommand {
    static override summary = `List the ${name}.`;
    static override examples = [`<%= config.bin %> ${name} list`];
    static override enableJsonFlag = true;
    static override args: Interfaces.ArgInput = name === 'layers' ? { formation: OF_ONE } : {};

    async run(): Promise<object[]> {
      const { argv, flags } = await this.parse(ListCommand);
      const [kind, { formationCalled }] = await Promise.all([
        kindOf(name),
        import('../../formations/records.ts'),
      ]);
      const { registry } = await this.openCluster(flags);
      const ids = argv as string[];
      if (ids[0] !== undefined) await formationCalled(registry, ids[0], this.signal);
      const { items } = await registry.list(kind.family, ids, this.signal);
      const made = items.map(({ value }) => value);
      const given = await kind.given(registry, this.signal);
      const values = [...given.filter(({ id }) => !made.some((one) => one.id === id)), ...made];
      for (const line of table([kind.columns, ...values.map((value) => kind.row(value))])) {
        this.log(line);
      }
      return values;
    }
  }

  class InfoCommand extends MachineCommand {
    static override summary = `Show all that is recorded of a ${ONES[name]}.`;
    static override examples = [`<%= config.bin %> ${name} info ${EXAMPLES[name]}`];
    static override enableJsonFlag = true;
    static override args = argsOf(name);

    async run(): Promise<object> {
      const { argv, flags } = await this.parse(InfoCommand);
      const [kind, { formationCalled, mustGet }] = await Promise.all([
        kindOf(name),
        import('../../formations/records.ts'),
      ]);
      const { registry } = await this.openCluster(flags);
      const ids = argv as string[];
      if (name === 'layers') await formationCalled(registry, ids[0]!, this.signal);
      const own = await registry.get(kind.family, ids, this.signal);
      const given = await kind.given(registry, this.signal);
      const value =
        own?.value ??
        given.find(({ id }) => id === ids.at(-1)) ??
        (await mustGet(registry, kind.one, kind.family, ids, this.signal, namesOf(given)));
      this.log(JSON.stringify(value, undefined, 2));
      return value;
    }
  }

  class DestroyCommand extends MachineCommand {
    static override summary = `Remove a ${ONES[name]} that nothing uses any more.`;
    static override examples = [`<%= config.bin %> ${name} destroy ${EXAMPLES[name]}`];
    static override args = argsOf(name);

    async run(): Promise<void> {
      const { argv, flags } = await this.parse(DestroyCommand);
      const [kind, { formationCalled, mustGet, removeRecord, requireMade }] = await Promise.all([
        kindOf(name),
        import('../../formations/records.ts'),
      ]);
      const { registry } = await this.openCluster(flags);
      const ids = argv as string[];
      if (name === 'layers') await formationCalled(registry, ids[0]!, this.signal);
      const given = await kind.given(registry, this.signal);
      await requireMade(registry, kind, given, ids, this.signal);
      await mustGet(registry, kind.one, kind.family, ids, this.signal, namesOf(given));
      const mayGo = () => kind.mayGo(registry, ids, this.signal);
      await removeRecord(registry, kind.one, kind.family, ids, mayGo, this.signal);
      this.log(`${ids.join(' ')} is gone`);
    }
  }

  return {
    [`${name}:destroy`]: DestroyCommand,
    [`${name}:info`]: InfoCommand,
    [`${name}:list`]: ListCommand,
  };
}
