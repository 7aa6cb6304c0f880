// deis apps:open

import { spawn } from 'node:child_process';
import { DeisError } from '../../../model/errors.ts';
import type { ApiApp } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class AppsOpen extends DeisCommand {
  static override summary = 'Open an app in the browser.';
  static override aliases = ['open'];
  static override examples = ['<%= config.bin %> open -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<{ url: string }> {
    const { flags } = await this.parse(AppsOpen);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const { url } = await session.api.get<ApiApp>(`apps/${id}/`, this.signal);
    const address = /^https?:/.test(url) ? url : `http://${url}`;
    this.log(address);
    const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
    child.on('spawn', resolve);
    child.on('error', (cause) => {
      const hint = `Open it yourself: ${address}`;
      reject(new DeisError('unsupported', `${opener} did not start`, hint, { cause }));
    });
    await promise;
    child.unref();
    return { url: address };
  }
}
