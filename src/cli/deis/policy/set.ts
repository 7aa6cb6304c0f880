// deis policy:set

import { Args } from '@oclif/core';
import { parsePolicyValue } from '../../../model/deploy-policy.ts';
import { DeisCommand, appFlag } from '../command.ts';
import { type ApiPolicy, changePolicy, policyLines } from './change.ts';

export default class PolicySet extends DeisCommand {
  static override summary = 'Change how an app is deployed, from the next deployment on.';
  static override examples = [
    '<%= config.bin %> policy:set deadline=300 batch=2 -a hello',
    '<%= config.bin %> policy:set autoRevert=off -a hello',
  ];
  static override strict = false;
  static override args = {
    value: Args.string({ required: true, description: 'setting=value (several may be given).' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<ApiPolicy> {
    const { argv, flags } = await this.parse(PolicySet);
    const body: Record<string, number | boolean> = {};
    for (const text of argv as string[]) {
      const [name = '', ...rest] = text.split('=');
      const { name: known, value } = this.accept(parsePolicyValue(name, rest.join('=')));
      body[known] = value;
    }
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = changePolicy(session.api, app, body, this.signal);
    const policy = await this.waiting('Changing the policy...', change);
    this.lines(['', ...policyLines(app, policy)]);
    return policy;
  }
}
