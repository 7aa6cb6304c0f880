// deisctl config

import { Args } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class Config extends BaseCommand {
  static override summary = 'Read and change settings of the platform and its components.';
  static override description = `Changes take effect within seconds, without a restart.
Settings that hold a certificate or a key take the name of a file: platform sshPrivateKey, router sslCert, sslKey, sslDhparam.`;
  static override usage = [
    'config COMPONENT get [NAME...]',
    'config COMPONENT set NAME=VALUE...',
    'config COMPONENT rm NAME...',
  ];
  static override examples = [
    '<%= config.bin %> config platform set domain=apps.example.com',
    '<%= config.bin %> config router get',
    '<%= config.bin %> config router set bodySize=10m gzip=off',
    '<%= config.bin %> config router rm bodySize',
  ];
  static override enableJsonFlag = true;
  static override strict = false;
  static override args = {
    component: Args.string({ required: true, description: 'platform, or a component: router.' }),
    verb: Args.string({
      required: true,
      options: ['get', 'set', 'rm'],
      description: 'What to do.',
    }),
    setting: Args.string({ description: 'Names, or NAME=VALUE pairs (several may be given).' }),
  };

  async run(): Promise<Record<string, string>> {
    const { argv, args, flags } = await this.parse(Config);
    const words = (argv as string[]).slice(2);
    const settings = await import('../settings/settings.ts');
    settings.requireConfigurable(args.component);
    if (args.verb !== 'get' && words.length === 0) {
      this.error(`config ${args.component} ${args.verb} needs at least one setting`, { exit: 2 });
    }
    const { registry } = await this.openCluster(flags);
    switch (args.verb) {
      case 'set': {
        const stored = await settings.setSettings(registry, args.component, words, this.signal);
        for (const value of Object.values(stored)) this.log(value);
        return stored;
      }
      case 'rm':
        await settings.removeSettings(registry, args.component, words, this.signal);
        for (const name of words) this.log(name);
        return {};
      default: {
        const found = await settings.getSettings(registry, args.component, words, this.signal);
        for (const [name, value] of Object.entries(found)) {
          this.log(words.length > 0 ? value : `${name}=${value}`);
        }
        return found;
      }
    }
  }
}
