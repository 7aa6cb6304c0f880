// One app of each kind that can be pushed. Every one answers with a word of its own.

/** A path and the file's text. */
export type Files = Record<string, string>;

/** A server in the stack's own Node; `step` is run by its build. */
export const dockerfileApp = (word: string, step = 'true'): Files => ({
  Dockerfile: `FROM deis/node
COPY server.mjs /app/server.mjs
RUN ${step}
EXPOSE 5000
CMD ["node", "/app/server.mjs"]
`,
  'server.mjs': server(`'${word}'`),
});

/** With a dependency from the package registry: it answers with what the dependency says. */
export const nodeApp = (word: string): Files => ({
  'package.json': JSON.stringify({
    name: 'pushed',
    version: '1.0.0',
    type: 'module',
    dependencies: { ms: '2.1.3' },
  }),
  'server.mjs': `import ms from 'ms';\n${server(`'${word} ' + ms('2 days')`)}`,
  Procfile: 'web: node server.mjs\n',
});
export const SAID_BY_NODE_APP = ' 172800000';

export const staticApp = (word: string): Files => ({ 'index.html': word });

/** Nothing to compile: a Procfile over the stack image. */
export const procfileApp = (word: string): Files => ({
  Procfile: 'web: exec busybox httpd -f -p $PORT -h pages\n',
  'pages/index.html': word,
});

function server(answer: string): string {
  return `import { createServer } from 'node:http';
createServer((_, response) => response.end(${answer})).listen(process.env.PORT ?? 5000);
process.on('SIGTERM', () => process.exit(0));
`;
}
