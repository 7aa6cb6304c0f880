// deis certs:add

import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import type { ApiCert } from '../../client/types.ts';
import { DeisCommand } from '../command.ts';

export default class CertsAdd extends DeisCommand {
  static override summary = 'Add a certificate for domains of your apps.';
  static override description =
    'The first file may hold a chain, the certificate first. It serves every domain that it is added for.';
  static override examples = [
    '<%= config.bin %> certs:add www.example.com.crt www.example.com.key',
    '<%= config.bin %> certs:add site.crt site.key --subject-alt-names=a.example.com,b.example.com',
  ];
  static override args = {
    certificate: Args.string({ required: true, description: 'File with the certificate (PEM).' }),
    key: Args.string({ required: true, description: 'File with its private key (PEM).' }),
  };
  static override flags = {
    'common-name': Flags.string({
      description: 'The name it is for, instead of the one in the certificate.',
      exclusive: ['subject-alt-names'],
    }),
    'subject-alt-names': Flags.string({
      description: 'Names it is for, with commas between them: one entry each.',
    }),
  };

  async run(): Promise<ApiCert[]> {
    const { args, flags } = await this.parse(CertsAdd);
    const certificate = await readPem(args.certificate);
    const key = await readPem(args.key);
    const { api } = await this.session();
    const listed = (flags['subject-alt-names'] ?? '').split(',').map((name) => name.trim());
    const names = [...listed.filter((name) => name !== ''), flags['common-name']];
    const wanted = names.filter((name) => name !== undefined);
    const bodies =
      wanted.length === 0
        ? [{ certificate, key }]
        : wanted.map((common_name) => ({ certificate, key, common_name }));
    const added: ApiCert[] = [];
    for (const body of bodies) {
      const cert = await this.waiting(
        'Adding SSL endpoint...',
        api.post<ApiCert>('certs/', body, this.signal),
      );
      this.log(cert.common_name);
      added.push(cert);
    }
    return added;
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError('not-found', `the file ${path} cannot be read`, '', { cause });
  }
}
