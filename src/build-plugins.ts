// What esbuild must know of some libraries to bundle them well.

import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type ProtobufJs from 'protobufjs';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** etcd3 reads rpc.proto from its own directory at run time; a bundle has none, so it gets the parsed form. */
export const etcdProto: Plugin = {
  name: 'etcd-proto',
  setup(bundler) {
    bundler.onLoad({ filter: /etcd3[\\/]lib[\\/]connection-pool\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const call = /loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`,/;
      if (!call.test(source)) throw new Error(`${path} no longer loads its proto as expected`);
      const protobuf = require('protobufjs') as typeof ProtobufJs;
      const proto = new protobuf.Root();
      await proto.load(join(dirname(path), '../proto/rpc.proto'), { keepCase: true });
      const json = JSON.stringify(proto.toJSON());
      return { contents: source.replace(call, () => `fromJSON)(${json},`), loader: 'js' };
    });
  },
};

/** Parts of oclif for what our programs never do: search for commands on the disk, install plugins, draw its own spinners. */
const UNUSED_BY_OCLIF = /^(tinyglobby|minimatch|cli-spinners|lilconfig|semver|wsl-utils)(\/.*)?$/;

/** What is left of them: on a terminal oclif makes a spinner as it is loaded, whether or not it will turn. */
const REMAINS = 'module.exports = { dots2: { frames: [] }, line: { frames: [] } };';

/** Leaves out of oclif what costs a third of the start of a command: unused libraries, and a sort that loads a collator (12 ms). */
export const quickOclif: Plugin = {
  name: 'quick-oclif',
  setup(bundler) {
    bundler.onResolve({ filter: UNUSED_BY_OCLIF }, ({ path, importer }) =>
      /[\\/]@oclif[\\/]core[\\/]/.test(importer) ? { path, namespace: 'unused' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: REMAINS,
      loader: 'js',
    }));
    const sort = '.sort((a, b) => a.id.localeCompare(b.id))';
    bundler.onLoad(
      { filter: /@oclif[\\/]core[\\/]lib[\\/]config[\\/]plugin\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8');
        // Our tables are in the order in which the help shows them.
        return { contents: source.replace(sort, ''), loader: 'js' };
      },
    );
  },
};

/** What a library loads for something that our programs never do. To add one: a row. */
const LEFT_OUT: { library: string; of: RegExp; contents: string }[] = [
  // An Engine over SSH; ours is on a local socket.
  { library: 'ssh2', of: /[\\/]docker-modem[\\/]/, contents: 'export {}' },
  // Introspection of the bus; the types of what we ask are known.
  {
    library: 'xml2js',
    of: /[\\/]dbus-next[\\/]/,
    contents: 'export class Builder {}\nexport class Parser {}',
  },
  // Maps from templates to what was made of them; it copes without.
  { library: 'source-map', of: /[\\/]handlebars[\\/]/, contents: 'export {}' },
];

/** A daemon would hold them in memory for ever. */
export const leftOut: Plugin = {
  name: 'left-out',
  setup(bundler) {
    for (const { library, of, contents } of LEFT_OUT) {
      bundler.onResolve({ filter: new RegExp(`^${library}$`) }, ({ importer, path }) =>
        of.test(importer) ? { path, namespace: 'left-out' } : undefined,
      );
      bundler.onLoad({ filter: new RegExp(`^${library}$`), namespace: 'left-out' }, () => ({
        contents,
      }));
    }
  },
};

/** zod's errors in fifty languages: a tenth of what a daemon loads, and ours are in one. */
export const oneLanguage: Plugin = {
  name: 'one-language',
  setup(bundler) {
    bundler.onLoad({ filter: /zod[\\/]v4[\\/]classic[\\/]external\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const languages = 'export * as locales from "../locales/index.js";';
      if (!source.includes(languages)) throw new Error(`${path} no longer has its languages apart`);
      return { contents: source.replace(languages, ''), loader: 'js' };
    });
  },
};
